import { streamUrl, uuidOf } from './stream-request.js';

describe('the address of a stream', () => {
  it('is at our own origin, encrypted where the page is', () => {
    expect(streamUrl(new URL('http://127.0.0.1:8080'), 'ses_1', 'tab', { kind: 'cookie' })).toBe(
      'ws://127.0.0.1:8080/api/v1/sessions/ses_1/stream?viewer=tab&activity=reported',
    );
    expect(streamUrl(new URL('https://helix.test/a/b/'), 'ses_1', 'tab', { kind: 'cookie' })).toMatch(
      /^wss:\/\/helix\.test\/a\/b\/api\/v1\/sessions\//,
    );
  });

  it('carries a token where a cookie would not do', () => {
    const at = new URL('https://helix.test');
    expect(streamUrl(at, 'ses_1', 'tab', { kind: 'share', token: 'hs-a' })).toMatch(/&share=hs-a$/);
    expect(streamUrl(at, 'ses_1', 'tab', { kind: 'token', token: 'hl-a+b' })).toMatch(/&access_token=hl-a%2Bb$/);
  });
});

describe('a UUID', () => {
  it('has its version and variant, and all else from the random bytes', () => {
    expect(uuidOf(new Uint8Array(16).fill(0xff))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(uuidOf(new Uint8Array(16))).toBe('00000000-0000-4000-8000-000000000000');
    expect(uuidOf(Uint8Array.from({ length: 16 }, (_, index) => index))).toBe('00010203-0405-4607-8809-0a0b0c0d0e0f');
  });
});
