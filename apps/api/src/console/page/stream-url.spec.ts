import { streamUrl } from './stream-url.js';

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
