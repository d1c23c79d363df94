import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { RestAnswer, RestClient } from '../../../test/support/rest-client.js';
import { ApiInProcess } from './support/api-in-process.js';

const AGENTS = '/api/v1/external-agents';
const UNKNOWN_SESSION = 'ses_01kata7wrce3cd5j3hg5ttvjw6';

interface RawReply {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

describe('bodies and what is no request', () => {
  let api: ApiInProcess;
  let owner: RestClient;
  let sockets: Socket[] = [];

  beforeAll(async () => {
    api = await ApiInProcess.start();
    owner = api.as(await api.userKey('owner'));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  });
  afterAll(async () => {
    await api.close();
  });

  function open(): Socket {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  }

  /** Writes these bytes, and reads up to the end of the first whole answer that is no `100 Continue`. */
  async function say(bytes: string | Buffer, socket = open()): Promise<RawReply> {
    socket.write(bytes);
    let text = '';
    for (;;) {
      const [head = '', rest] = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '').split(/\r\n\r\n(.*)/s);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? NaN);
      if (rest !== undefined && rest.length >= length) {
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
        return { status, body: JSON.parse(rest) as Record<string, unknown>, text };
      }
      const [piece] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean];
      if (!Buffer.isBuffer(piece)) throw new Error(`closed after ${JSON.stringify(text)}`);
      text += piece.toString();
    }
  }

  function post(path: string, headers: Readonly<Record<string, string>>): string {
    const lines = Object.entries({ Host: 'api', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
  }

  const asOwner = (): Record<string, string> => ({ Authorization: `Bearer ${owner.key ?? ''}` });

  it.each([
    ['a desktop', AGENTS],
    ['a clipboard', `${AGENTS}/${UNKNOWN_SESSION}/clipboard`],
    ['a file', `${AGENTS}/${UNKNOWN_SESSION}/upload`],
    ['a command', `${AGENTS}/${UNKNOWN_SESSION}/exec`],
    ['a heartbeat', '/api/v1/wolf-instances/x/heartbeat'],
    ['a registration', '/api/v1/wolf-instances/register'],
    ['a pairing', '/api/v1/wolf/pairing/complete'],
    ['a call of Moonlight Web', '/moonlight/api/pair'],
  ])('a stranger’s is neither asked for nor waited for: %s', async (_what, path) => {
    const announced = { 'Content-Length': '19', Expect: '100-continue' };
    const { status, body, text } = await say(post(path, announced));
    expect([status, body['code'], text.includes('100 Continue')]).toEqual([401, 'UNAUTHENTICATED', false]);
    expect((await say(post(path, { 'Content-Length': '100000000' }))).status).toBe(401);
  });

  it('a route’s that does not exist is not either, nor that of a GET', async () => {
    expect((await say(post('/nowhere', { 'Content-Length': '19', Expect: '100-continue' }))).body['code']).toBe(
      'NOT_FOUND',
    );
    const get = post('/healthz', { 'Content-Length': '19' }).replace('POST', 'GET');
    expect((await say(get)).body).toEqual({ status: 'ok' });
  });

  it('a known caller with Expect: 100-continue is invited to send it', async () => {
    const socket = open();
    socket.write(post(AGENTS, { ...asOwner(), 'Content-Length': '13', Expect: '100-continue' }));
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect((await say('{"name":[1]} ', socket)).status).toBe(400);
  });

  it.each([
    ['announces too much', { 'Content-Length': '70000' }, 413, 'PAYLOAD_TOO_LARGE'],
    ['is compressed', { 'Content-Length': '19', 'Content-Encoding': 'br' }, 415, 'UNSUPPORTED_ENCODING'],
    [
      'is in UTF-16',
      { 'Content-Length': '2', 'Content-Type': 'application/json; charset=utf-16' },
      415,
      'UNSUPPORTED_ENCODING',
    ],
    ['is in two transfer codings', { 'Transfer-Encoding': 'gzip, chunked' }, 415, 'UNSUPPORTED_ENCODING'],
  ])('one that %s is refused before it is read', async (_what, headers, status, code) => {
    const reply = await say(post('/api/v1/api_keys', { ...asOwner(), ...headers }));
    expect([reply.status, reply.body['code']]).toEqual([status, code]);
  });

  it('a chunked one is refused as soon as it is too long, and answered', async () => {
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const reply = await say(post('/api/v1/api_keys', { ...asOwner(), 'Transfer-Encoding': 'chunked' }) + chunk + chunk);
    expect([reply.status, reply.body['code']]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('one that stops coming is given up', async () => {
    const reply = await say(`${post('/api/v1/api_keys', { ...asOwner(), 'Content-Length': '20' })}{`);
    expect([reply.status, reply.body['code']]).toEqual([408, 'REQUEST_TIMEOUT']);
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['513 keys', `{${Array.from({ length: 513 }, (_, at) => `"k${String(at)}":1`).join()}}`],
    ['a list of 5000 numbers', `{"env":[${'1,'.repeat(5_000)}1]}`],
    ['a number instead of an object', '1'],
  ])('one with %s is the caller’s fault', async (_what, body) => {
    const bytes = Buffer.from(body);
    const head = post(AGENTS, { ...asOwner(), 'Content-Length': String(bytes.length) });
    const reply = await say(Buffer.concat([Buffer.from(head), bytes]));
    expect([reply.status, reply.body['code']]).toEqual([400, 'INVALID_REQUEST']);
    expect(reply.text.length).toBeLessThan(1_000);
  });

  it('one with a byte order mark is read', async () => {
    const made = await owner.post('/api/v1/api_keys', '\ufeff{"name":"marked"}');
    expect([made.status, made.body['name']]).toEqual([201, 'marked']);
  });

  it.each([
    [
      'headers of 17 KB',
      `GET /healthz HTTP/1.1\r\nHost: api\r\nCookie: a=${'x'.repeat(17_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'headers of a megabyte',
      `GET /healthz HTTP/1.1\r\nHost: api\r\nCookie: a=${'x'.repeat(200_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['an address of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: api\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    [
      'an upgrade with cookies of 17 KB',
      `GET /api/v1/ws/user HTTP/1.1\r\nHost: api\r\nUpgrade: websocket\r\nCookie: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['no HTTP', 'hello\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['a header that is none', 'GET / HTTP/1.1\r\nHost: api\r\nx y\r\n\r\n', 400, 'INVALID_REQUEST'],
    [
      'a transfer coding that cannot be read',
      'POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: gzip\r\n\r\nxyz',
      404,
      'NOT_FOUND',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'INVALID_REQUEST',
    ],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'INVALID_REQUEST'],
    ['another version of HTTP', 'GET /healthz HTTP/2.0\r\nHost: api\r\n\r\n', 400, 'INVALID_REQUEST'],
    [
      'an expectation of something else',
      'GET /healthz HTTP/1.1\r\nHost: api\r\nExpect: tea\r\n\r\n',
      417,
      'EXPECTATION_FAILED',
    ],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: api\r\n\r\n', 404, 'NOT_FOUND'],
    [
      'an upgrade at a path that has none',
      'GET /x HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      404,
      'NOT_FOUND',
    ],
    [
      'an upgrade without a token',
      'GET /api/v1/ws/user HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      401,
      'UNAUTHENTICATED',
    ],
    [
      'a stream without a token',
      `GET /api/v1/sessions/${UNKNOWN_SESSION}/stream HTTP/1.1\r\nHost: api\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
      401,
      'UNAUTHENTICATED',
    ],
  ])('answers %s in JSON with code and request id', async (_what, bytes, status, code) => {
    const reply = await say(bytes);
    expect([reply.status, reply.body]).toEqual([
      status,
      { code, message: expect.any(String) as string, requestId: expect.stringMatching(/^[\w-]{8,64}$/) as string },
    ]);
    expect(reply.text).toMatch(/^x-request-id: /im);
    expect((await owner.get('/healthz')).status).toBe(200);
  });

  it('lets an address guess tokens only so often, and valid ones in all the same', async () => {
    let refused: RestAnswer | undefined;
    for (let round = 0; refused === undefined && round < 100; round += 1) {
      const guesses = await Promise.all(
        Array.from({ length: 64 }, (_, at) => api.as(`hl-guess-${String(round)}-${String(at)}`).get('/api/v1/status')),
      );
      expect(guesses.every(({ status }) => status === 401 || status === 429)).toBe(true);
      refused = guesses.find(({ status }) => status === 429);
    }
    expect([refused?.body['code'], refused?.headers.get('retry-after')]).toEqual(['TOO_MANY_ATTEMPTS', '5']);
    expect((await owner.get('/api/v1/status')).status).toBe(200);
    const fresh = await api.userKey('newcomer');
    expect((await api.as(fresh).get('/api/v1/status')).status).toBe(200);
  });
});
