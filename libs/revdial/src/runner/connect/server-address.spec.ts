import { controlPath, dataPath, describeServer, parseServerAddress } from './server-address.js';

describe('the address of the server', () => {
  it.each([
    ['http://api:8080', 'api:8080', 8080, false, '/api/v1/revdial'],
    ['http://api:8080/', 'api:8080', 8080, false, '/api/v1/revdial'],
    ['http://api:8080/api/v1/revdial', 'api:8080', 8080, false, '/api/v1/revdial'],
    ['https://api.example/helix/', 'api.example', 443, true, '/helix/api/v1/revdial'],
    ['wss://api.example/helix/api/v1/revdial/', 'api.example', 443, true, '/helix/api/v1/revdial'],
    ['ws://[::1]:81', '[::1]:81', 81, false, '/api/v1/revdial'],
  ])('understands %s', (url, authority, port, tls, path) => {
    const server = parseServerAddress(url);
    expect(server).toMatchObject({ authority, port, tls });
    if (server === undefined) return;
    expect(controlPath(server, 'wolf-1')).toBe(`${path}?runnerid=wolf-1`);
    expect(dataPath(server, '/revdial?revdial.dialer=ab&revdial.req=cd')).toBe(
      `${path}?revdial.dialer=ab&revdial.req=cd`,
    );
  });

  it.each(['api:8080', 'ftp://api', '', 'http://user:pass@api', 'http://api?x=1', 'http://api#x'])(
    'refuses %s',
    (url) => {
      expect(parseServerAddress(url)).toBeUndefined();
    },
  );

  it.each([
    '/api/v1/revdial?x',
    'http://elsewhere/revdial?x',
    '/revdial',
    '/revdialx?y',
    '/revdial?a b',
    '/revdial?a\r\nX: y',
    '/revdial?a#b',
    `/revdial?${'x'.repeat(1100)}`,
  ])('does not follow %j', (connPath) => {
    const server = parseServerAddress('http://api');
    expect(server && dataPath(server, connPath)).toBeUndefined();
  });

  it('describes itself for logs', () => {
    const server = parseServerAddress('https://api.example/helix');
    expect(server && describeServer(server)).toBe('https://api.example/helix');
  });
});
