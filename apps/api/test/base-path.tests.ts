import type { SessionId } from '@helix/external-agent';
import { WebSocket } from 'ws';
import { eventually } from '@helix/pacing/testing';
import type { RestClient } from '../../../test/support/rest-client.js';
import { ConfigError, readApiConfig } from '../src/config/api-config.js';
import { ApiInProcess } from './support/api-in-process.js';
import { startDesktop } from './support/desktop.js';
import { SimulatedHost } from './support/simulated-host.js';

const PUBLIC = 'https://example.test/a/helix';

describe('an API whose public URL has a path', () => {
  let api: ApiInProcess;
  let host: SimulatedHost;
  let owner: RestClient;
  let id: SessionId;
  beforeAll(async () => {
    api = await ApiInProcess.start({ SERVER_URL: `${PUBLIC}/` });
    host = await SimulatedHost.connect(api, 'gpu-1');
    owner = api.as(await api.userKey('owner'));
    id = (await owner.post('/api/v1/external-agents', {})).body['session_id'] as SessionId;
  });
  afterAll(async () => {
    await host.close();
    await api.close();
  });

  it('names itself with it in every answer', async () => {
    const seen = `/a/helix/api/v1/external-agents/${id}/screenshot`;
    const page = `/a/helix/console/sessions/${id}`;
    const agent = (await owner.get(`/api/v1/external-agents/${id}`)).body;
    expect(agent).toMatchObject({ screenshot_url: seen, stream_url: page });
    expect((await owner.get(`/api/v1/external-agents/${id}/rdp`)).body).toMatchObject({
      screenshot_url: seen,
      stream_url: page,
    });
    expect((await owner.post(`/api/v1/sessions/${id}/resume`)).body).toMatchObject({ screenshot_url: seen });
    const { url } = (await owner.post(`/api/v1/sessions/${id}/shares`, { role: 'view' })).body;
    expect(url).toMatch(/^https:\/\/example\.test\/a\/helix\/console\/sessions\/ses_[0-9a-z]{26}#share=hs-/);
    expect((await owner.get('/api/v1/openapi.json')).body['servers']).toEqual([{ url: '/a/helix' }]);
  });

  it.each(['', '/a/helix'])('answers behind a proxy that leaves %j of the path', async (left) => {
    expect((await owner.get(`${left}/healthz`)).status).toBe(200);
    expect((await owner.get(`${left}/api/v1/sessions/${id}?x=1`)).body['id']).toBe(id);
    const page = await owner.get(`${left}/console/sessions/${id}`);
    expect(page.bytes.toString()).toContain('src="../assets/main.js"');
    expect((await owner.get(`${left}/console/assets/main.js`)).status).toBe(200);
    const url = `${api.url.replace('http', 'ws')}${left}/api/v1/ws/user?session_id=${id}&access_token=${owner.key ?? ''}`;
    const socket = new WebSocket(url, { origin: 'https://example.test' });
    const said = await new Promise((resolve, reject) => {
      socket.once('message', (bytes: Buffer) => {
        resolve(JSON.parse(bytes.toString()));
      });
      socket.once('error', reject);
    });
    expect(said).toMatchObject({ type: 'session_update', session_id: id });
    socket.close();
    const desktop = await startDesktop(`${api.url}${left}`, id, host.desktopToken(id));
    await eventually(async () => {
      expect((await owner.get(`${left}/api/v1/external-agents/${id}/screenshot`)).status).toBe(200);
    });
    await desktop.close();
  });

  it.each(['/a', '/a/helixx/healthz', '/a/healthz', '/helix/healthz', '/a/helix/a/helix/healthz', '/A/HELIX/healthz'])(
    'has nothing at %s',
    async (path) => {
      expect((await owner.get(path)).status).toBe(404);
    },
  );

  it('redirects the page with a trailing slash to the one without', async () => {
    const answer = await fetch(`${api.url}/a/helix/console/sessions/${id}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([308, `../${id}`]);
  });

  it('lets pages of its host act with the cookie under any path', async () => {
    const act = (origin: string): Promise<number> =>
      api
        .as(undefined)
        .post('/api/v1/api_keys', {}, { cookie: `access_token=${owner.key ?? ''}`, origin })
        .then(({ status }) => status);
    expect([await act('https://example.test'), await act('https://evil.test')]).toEqual([201, 403]);
  });
});

describe('the setting SERVER_URL', () => {
  const read = (url: string) => readApiConfig({ RUNNER_TOKEN: 'runner-token-of-this-test', SERVER_URL: url });

  it.each([
    ['https://example.com', 'https://example.com', ''],
    ['https://example.com/', 'https://example.com', ''],
    ['https://example.com:8443/a-b_c/d.e~f/', 'https://example.com:8443/a-b_c/d.e~f', '/a-b_c/d.e~f'],
    ['http://[::1]:8080/helix', 'http://[::1]:8080/helix', '/helix'],
  ])('may be %s', (url, serverUrl, basePath) => {
    expect(read(url)).toMatchObject({ serverUrl, basePath, sandboxApiUrl: serverUrl });
  });

  it.each([
    'https://example.com//',
    'https://example.com/helix//',
    'https://example.com//helix',
    'https://example.com/helix?x=1',
    'https://example.com/?',
    'https://example.com/helix#top',
    'https://user:password@example.com/',
    'https://example.com/a/../b',
    'https://example.com/./a',
    'https://example.com/a%20b',
    'https://example.com/a b',
    'https://example.com/a\\b',
    'https://example.com/a;b',
    'https://example.com/helix/api/v1',
    'https://example.com/API/v1/',
    'https:example.com',
    'ws://example.com',
    'example.com',
  ])('is refused at the start as %s, with a sentence', (url) => {
    const faults = (name: string): unknown => {
      try {
        return readApiConfig({ RUNNER_TOKEN: 'runner-token-of-this-test', [name]: url });
      } catch (error) {
        return error instanceof ConfigError ? error.faults : error;
      }
    };
    expect(faults('SERVER_URL')).toEqual([expect.stringMatching(/^SERVER_URL: must /)]);
    expect(faults('SANDBOX_API_URL')).toEqual([expect.stringMatching(/^SANDBOX_API_URL: must /)]);
  });
});
