import { ConfigError, readApiConfig } from './api-config.js';

const RUNNER_TOKEN = 'x'.repeat(16);

const streamingOf = (environment: Readonly<Record<string, string>>) =>
  readApiConfig({ RUNNER_TOKEN, ...environment }).streaming;

function faultsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readApiConfig({ RUNNER_TOKEN, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the settings of streams', () => {
  it('have no secret, no servers and no other origins by default', () => {
    const { dialects, ...streaming } = streamingOf({});
    expect(streaming).toEqual({
      moonlightCredentials: undefined,
      moonlightHostId: 0,
      allowedOrigins: [],
      viewersPerSession: 8,
      viewersPerHost: 40,
      viewOnlyNeedsEnforcement: false,
      ice: { stunUrls: [], turnUrls: [], turnSecret: undefined, turnTtlS: 43_200 },
    });
    expect(dialects.of('gpu-1')).toBe('helix');
  });

  it('read what an operator may want', () => {
    const { dialects, ...streaming } = streamingOf({
      MOONLIGHT_CREDENTIALS: 'eyJhbGciOi.J9-_.x',
      MOONLIGHT_HOST_ID: '3',
      MOONLIGHT_DIALECTS: '*=v2, gpu-1=v3',
      ALLOWED_ORIGINS: 'https://App.example.com:443,http://localhost:5173/',
      STREAM_VIEWERS_PER_SESSION: '1',
      STREAM_VIEWERS_PER_HOST: '2',
      VIEW_ONLY_NEEDS_ENFORCEMENT: 'true',
      ICE_STUN_URLS: 'stun:stun.example.com',
      ICE_TURN_URLS: 'turn:turn.example.com:3478?transport=udp,turns:[2001:db8::1]:5349?transport=tcp',
      ICE_TURN_SECRET: 'north-north',
      ICE_TURN_TTL_S: '300',
    });
    expect(streaming).toEqual({
      moonlightCredentials: 'eyJhbGciOi.J9-_.x',
      moonlightHostId: 3,
      // As a browser writes them.
      allowedOrigins: ['https://app.example.com', 'http://localhost:5173'],
      viewersPerSession: 1,
      viewersPerHost: 2,
      viewOnlyNeedsEnforcement: true,
      ice: {
        stunUrls: ['stun:stun.example.com'],
        turnUrls: ['turn:turn.example.com:3478?transport=udp', 'turns:[2001:db8::1]:5349?transport=tcp'],
        turnSecret: 'north-north',
        turnTtlS: 300,
      },
    });
    expect(['gpu-1', 'gpu-2'].map((id) => dialects.of(id))).toEqual(['v3', 'v2']);
  });

  it.each([
    [{ MOONLIGHT_CREDENTIALS: 'secret secret' }, 'MOONLIGHT_CREDENTIALS: must be'],
    [{ MOONLIGHT_CREDENTIALS: 'secret'.repeat(100) }, 'MOONLIGHT_CREDENTIALS: must be'],
    [{ MOONLIGHT_HOST_ID: '-1' }, 'MOONLIGHT_HOST_ID: must be'],
    [{ MOONLIGHT_DIALECTS: 'secret' }, 'MOONLIGHT_DIALECTS.0: must be instance='],
    [{ MOONLIGHT_DIALECTS: '*=v2,secret=v4' }, 'MOONLIGHT_DIALECTS.1: must be instance='],
    [{ MOONLIGHT_DIALECTS: 'secret=v2,secret=v3' }, 'MOONLIGHT_DIALECTS: has a Wolf instance twice'],
    [{ ALLOWED_ORIGINS: 'secret' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ ALLOWED_ORIGINS: '*' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ ALLOWED_ORIGINS: 'null' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ ALLOWED_ORIGINS: 'https://a.test/secret' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ ALLOWED_ORIGINS: 'https://secret@a.test' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ ALLOWED_ORIGINS: 'file:///secret' }, 'ALLOWED_ORIGINS.0: must be'],
    [{ STREAM_VIEWERS_PER_SESSION: '0' }, 'STREAM_VIEWERS_PER_SESSION: must be'],
    [{ STREAM_VIEWERS_PER_HOST: 'secret' }, 'STREAM_VIEWERS_PER_HOST: must be'],
    [{ ICE_STUN_URLS: 'turn:secret' }, 'ICE_STUN_URLS.0: must be'],
    [{ ICE_STUN_URLS: 'stun://secret' }, 'ICE_STUN_URLS.0: must be'],
    [{ ICE_TURN_URLS: 'stun:secret', ICE_TURN_SECRET: 'north-north' }, 'ICE_TURN_URLS.0: must be'],
    [{ ICE_TURN_URLS: 'turn:a?transport=secret', ICE_TURN_SECRET: 'north-north' }, 'ICE_TURN_URLS.0: must be'],
    [{ ICE_TURN_URLS: 'turn:secret' }, 'ICE_TURN_SECRET: is required with ICE_TURN_URLS'],
    [{ ICE_TURN_SECRET: 'secretsecret' }, 'ICE_TURN_SECRET: means nothing without ICE_TURN_URLS'],
    [{ ICE_TURN_TTL_S: '299' }, 'ICE_TURN_TTL_S: must be'],
    [{ ICE_TURN_TTL_S: '86401' }, 'ICE_TURN_TTL_S: must be'],
  ])('refuse %j, naming no value', (environment, fault) => {
    const faults = faultsOf(environment);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]?.split(':', 2)[1]).not.toMatch(/\bsecret\b/);
  });
});
