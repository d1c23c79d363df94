import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSessionId } from '@helix/external-agent';
import { ApiInProcess } from './support/api-in-process.js';

/** As every answer says it that is no page. */
const NO_PAGE = {
  'content-security-policy': "sandbox; default-src 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

describe('an answer that is no page', () => {
  let api: ApiInProcess;
  let key: string;
  beforeAll(async () => {
    api = await ApiInProcess.start({ MOONLIGHT_CREDENTIALS: 'of-the-hosts' });
    key = await api.userKey('root', true);
  });
  afterAll(async () => {
    await api.close();
  });

  /** The head and body of what a request that stands as it is gets. */
  async function raw(request: string): Promise<{ readonly head: string; readonly body: string }> {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(request);
    const [head = '', ...body] = (await text(socket)).split('\r\n\r\n');
    return { head, body: body.join('\r\n\r\n') };
  }

  function headersIn(head: string): Record<string, string> {
    return Object.fromEntries(
      head
        .split('\r\n')
        .slice(1)
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
  }

  it.each([
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['GET', '/metrics', 200],
    ['GET', '/api/v1/openapi.json', 200],
    ['GET', '/api/v1/config', 200],
    ['GET', '/api/v1/auth/user', 200],
    ['GET', '/api/v1/sessions', 200],
    ['HEAD', '/api/v1/sessions', 200],
    ['GET', '/api/v1/wolf-instances', 200],
    ['POST', '/api/v1/api_keys', 201],
    ['GET', '/api/v1/sessions/ses_1', 404],
    ['GET', '/api/v1/sessions/%ff', 400],
    ['GET', '/nothing', 404],
    ['TRACE', '/api/v1/sessions', 404],
    ['OPTIONS', '/api/v1/sessions', 404],
    ['GET', '/moonlight/api/hosts', 400],
    ['GET', '/moonlight/index.html', 404],
    ['GET', '/console/sessions/x', 404],
    ['GET', '/console/assets/nothing.js', 404],
    ['GET', '/console/assets/main.js', 200],
    ['GET', `/api/v1/external-agents/${createSessionId()}/screenshot`, 404],
    ['GET', '/api/v1/revdial', 400],
    ['POST', '/api/v1/revdial?runnerid=wolf-a', 405],
  ])('says so: %s %s', async (method, path, status) => {
    const { head } = await raw(
      `${method} ${path} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(head).toContain(`HTTP/1.1 ${String(status)} `);
    expect(headersIn(head)).toMatchObject(NO_PAGE);
  });

  it.each([
    ['a path that is none', '/nothing', 'Sec-WebSocket-Version: 13', 404],
    ['a path that cannot be read', '//', 'Sec-WebSocket-Version: 13', 400],
    ['a stream of a session that is not there', `/api/v1/sessions/${createSessionId()}/stream`, '', 400],
    ['news without a token', '/api/v1/ws/user?session_id=x', 'Sec-WebSocket-Version: 13', 401],
    ['a tunnel without a token', '/api/v1/revdial?runnerid=wolf-a', 'Sec-WebSocket-Version: 13', 401],
    ['a data connection without a token', '/api/v1/revdial?revdial.dialer=x', 'Sec-WebSocket-Version: 13', 401],
  ])('says so where it refuses a socket: %s', async (_what, path, header, status) => {
    const { head } = await raw(
      `GET ${path} HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${header}\r\n\r\n`,
    );
    expect(head).toContain(`HTTP/1.1 ${String(status)} `);
    expect(headersIn(head)).toMatchObject({ ...NO_PAGE, 'cache-control': 'no-store' });
  });

  it.each(['Sec-WebSocket-Key: short', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ,'])(
    'is JSON as well where a handshake is malformed: %s',
    async (header) => {
      const session = await api.runningSession('owner');
      const owner = await api.userKey('owner');
      const { head, body } = await raw(
        `GET /api/v1/ws/user?session_id=${session} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${owner}\r\nConnection: Upgrade\r\n` +
          `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n${header}\r\n\r\n`,
      );
      expect(head).toContain('HTTP/1.1 400 ');
      expect(headersIn(head)).toMatchObject(NO_PAGE);
      expect(JSON.parse(body)).toMatchObject({ message: expect.stringContaining('WebSocket') as string });
    },
  );

  it('hands its cookie’s token to no window and to no other site', async () => {
    const told = async (headers: Readonly<Record<string, string>>): Promise<unknown> => {
      const { body } = await raw(
        `GET /api/v1/auth/user HTTP/1.1\r\nHost: api\r\nCookie: access_token=${key}\r\nConnection: close\r\n` +
          `${Object.entries(headers)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')}\r\n`,
      );
      return (JSON.parse(body) as { readonly token: string }).token;
    };
    const script = { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Site': 'same-origin' };
    expect(await told({})).toBe(key);
    expect(await told(script)).toBe(key);
    expect(await told({ Accept: 'text/html,*/*' })).toBe('');
    expect(await told({ ...script, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' })).toBe('');
    expect(await told({ ...script, 'Sec-Fetch-Site': 'cross-site' })).toBe('');
    expect(await told({ ...script, Origin: 'null' })).toBe('');
    expect(await told({ Referer: 'https://evil.test/' })).toBe('');
  });

  it('is the page alone that may run scripts, and nothing may frame it', async () => {
    const { head } = await raw(
      `GET /console/sessions/${createSessionId()} HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n`,
    );
    const { 'content-security-policy': policy, ...others } = headersIn(head);
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'/);
    expect(others).toMatchObject({ 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin' });
  });
});
