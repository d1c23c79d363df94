import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '@helix/pacing/testing';
import { Replica, FOREIGN_SESSION, RUNNER_TOKEN, SESSION, USER_TOKEN } from './support/replica.js';

const HIJACK = 'Connection: Upgrade\r\n';
const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

describe('what the gateway refuses before any upgrade', () => {
  let replica: Replica;

  beforeEach(async () => {
    replica = await Replica.start({ gateway: { admissionTimeoutMs: 100 } });
  });

  afterEach(() => replica.close());

  async function ask(target: string, headers: string, method = 'GET', version = '1.1'): Promise<string> {
    const socket = connect(replica.port, '127.0.0.1');
    socket.write(`${method} ${target} HTTP/${version}\r\nHost: api\r\n${headers}\r\n`);
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    await once(socket, 'close');
    return answer;
  }

  const bearer = (token: string): string => `Authorization: Bearer ${token}\r\n`;

  for (const [kind, upgrade] of [
    ['hijack', HIJACK],
    ['websocket', WEBSOCKET],
    ['plain', ''],
  ] as const) {
    it.each([
      ['nobody', '?runnerid=wolf-1', '', 401, 'Unauthorized'],
      ['an unknown token', '?runnerid=wolf-1', bearer('nope'), 401, 'Unauthorized'],
      ['no runner id', '', bearer(RUNNER_TOKEN), 400, 'runnerid is required'],
      ['a malformed id', '?runnerid=fridge-1', bearer(RUNNER_TOKEN), 400, 'invalid runner ID format'],
      ["a user's key for a host", '?runnerid=wolf-1', bearer(USER_TOKEN), 400, 'invalid runner ID format'],
      [
        'a session of another user',
        `?runnerid=sandbox-${FOREIGN_SESSION}`,
        bearer(USER_TOKEN),
        403,
        'unauthorized: session not owned by user',
      ],
      ['an authorizer that fails', '?runnerid=wolf-1', bearer('outage'), 503, 'try again'],
      ['an authorizer that hangs', '?runnerid=wolf-1', bearer('hang'), 503, 'try again'],
    ])(`${kind}: %s`, async (_case, query, headers, status, body) => {
      for (const path of ['/api/v1/revdial', '/revdial']) {
        const answer = await ask(path + query, `${headers}${upgrade}${upgrade === '' ? 'Connection: close\r\n' : ''}`);
        expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${String(status)} `));
        expect(answer).toContain(body);
        if (status === 503) expect(answer).toMatch(/Retry-After: \d/);
      }
      expect(replica.counters.refusals[status]).toBe(2);
      expect(replica.connections.list()).toEqual([]);
    });
  }

  it('tells a GET without an upgrade that it needs one, once it would be let in', async () => {
    const answer = await ask('/api/v1/revdial?runnerid=wolf-1', `${bearer(RUNNER_TOKEN)}Connection: close\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 426 /);
    expect(await ask('/api/v1/revdial?runnerid=wolf-1', 'Connection: close\r\n', 'POST')).toMatch(/^HTTP\/1.1 405 /);
    const h2c = `${bearer(RUNNER_TOKEN)}Connection: Upgrade\r\nUpgrade: h2c\r\n`;
    expect(await ask('/api/v1/revdial?runnerid=wolf-1', h2c)).toMatch(/^HTTP\/1.1 426 /);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])(
    'refuses %s with 405, with an upgrade and without',
    async (method) => {
      const raw = 'Connection: Upgrade\r\nUpgrade: revdial\r\nRevDial-Version: 3\r\n';
      for (const upgrade of [raw, WEBSOCKET, HIJACK, 'Connection: close\r\n']) {
        const answer = await ask('/api/v1/revdial?runnerid=wolf-1', bearer(RUNNER_TOKEN) + upgrade, method);
        expect(answer).toMatch(/^HTTP\/1.1 405 [^]*\r\nAllow: GET\r\n/);
      }
      expect(replica.connections.list()).toEqual([]);
    },
  );

  it('upgrades nothing in HTTP/1.0, and says what to do', async () => {
    const raw = 'Connection: Upgrade\r\nUpgrade: revdial\r\nRevDial-Version: 3\r\n';
    for (const upgrade of [raw, WEBSOCKET, HIJACK]) {
      const answer = await ask('/api/v1/revdial?runnerid=wolf-1', bearer(RUNNER_TOKEN) + upgrade, 'GET', '1.0');
      expect(answer).toMatch(/^HTTP\/1.1 426 [^]*has to speak HTTP\/1.1/);
    }
    expect(replica.connections.list()).toEqual([]);
  });

  it('leaves other paths to the framework, and upgrades of other paths to nobody', async () => {
    expect(await ask('/api/v1/revdialer', 'Connection: close\r\n')).toContain('the framework');
    expect(await ask('/somewhere', WEBSOCKET)).toMatch(/^HTTP\/1.1 404 /);
    const other = ask('/somewhere', WEBSOCKET);
    replica.server.once('upgrade', (_request, socket) => socket.end('HTTP/1.1 499 mine\r\n\r\n'));
    expect(await other).toContain('499 mine');
  });

  it.each([
    ['a bare token in the header', `Authorization: ${USER_TOKEN}\r\n`, ''],
    ['the cookie', `Cookie: other=1; access_token=${USER_TOKEN}\r\n`, ''],
    ['the query', '', `&access_token=${USER_TOKEN}`],
    ['the query behind an empty header', 'Authorization: Bearer \r\n', `&access_token=${USER_TOKEN}`],
  ])('takes the token from %s', async (_case, headers, query) => {
    const answer = await ask(`/api/v1/revdial?runnerid=desktop-${SESSION}${query}`, `${headers}Connection: close\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 426 /);
  });

  it('survives a peer that leaves, and one that floods, while it is being let in', async () => {
    const request = `GET /api/v1/revdial?runnerid=wolf-1 HTTP/1.1\r\nHost: api\r\n${bearer('hang')}`;
    for (const upgrade of [HIJACK, WEBSOCKET]) {
      const leaver = connect(replica.port, '127.0.0.1');
      leaver.write(`${request}${upgrade}\r\n`);
      await once(leaver, 'connect');
      await eventually(() => {
        expect(leaver.bytesWritten).toBeGreaterThan(0);
      });
      leaver.resetAndDestroy();

      const flooder = connect(replica.port, '127.0.0.1');
      flooder.on('error', () => undefined);
      flooder.resume();
      flooder.write(`${request}${upgrade}\r\n`);
      flooder.write(Buffer.alloc(64 * 1024, 'x'));
      await new Promise((resolve) => flooder.once('close', resolve));
    }
    expect(await ask('/elsewhere', 'Connection: close\r\n')).toContain('the framework');
  });

  it('survives requests that come before their predecessors are answered', async () => {
    const hijack = `GET /api/v1/revdial?runnerid=wolf-1 HTTP/1.1\r\nHost: api\r\n${bearer(RUNNER_TOKEN)}${HIJACK}\r\n`;
    const slow = `GET /api/v1/revdial?runnerid=wolf-1 HTTP/1.1\r\nHost: api\r\n${bearer('hang')}\r\n`;
    const other = 'GET /elsewhere HTTP/1.1\r\nHost: api\r\n\r\n';
    // A request that waits for another's answer has no socket to give up.
    const late = connect(replica.port, '127.0.0.1');
    late.write(slow + hijack);
    const [bytes] = (await once(late, 'data')) as [Buffer];
    expect(bytes.toString()).toContain('HTTP/1.1 503 ');
    late.destroy();
    // What follows a hijack in the same read is no request any more.
    for (const rest of [hijack, other, slow, 'garbage\n']) {
      const socket = connect(replica.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(hijack + rest);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(await ask('/elsewhere', 'Connection: close\r\n')).toContain('the framework');
  });

  const badHijack = `GET /api/v1/revdial?runnerid=wolf-1 HTTP/1.1\r\nHost: api\r\n${bearer('nope')}${HIJACK}`;
  const goodHijack = badHijack.replace('nope', RUNNER_TOKEN);
  const withoutHost = 'GET / HTTP/1.1\r\n\r\n';

  it.each([
    ['a request without Host', `${badHijack}\r\n${withoutHost}`],
    ['an unknown Expect', `${badHijack}\r\nGET / HTTP/1.1\r\nHost: api\r\nExpect: banana\r\n\r\n`],
    ['a second hijack without Host', `${badHijack}\r\n${badHijack.replace('Host: api\r\n', '')}\r\n`],
    ['a body and a request without Host', `${badHijack}Content-Length: 5\r\n\r\nabcde${withoutHost}`],
    ['two such requests', `${badHijack}\r\n${withoutHost}${withoutHost}`],
    ['a request without Host, by one who is let in', `${goodHijack}\r\n${withoutHost}`],
    ['a CONNECT', `${badHijack}\r\nCONNECT a:1 HTTP/1.1\r\nHost: api\r\n\r\n`],
    ['an expectation to continue', `${badHijack}\r\nGET / HTTP/1.1\r\nHost: api\r\nExpect: 100-continue\r\n\r\n`],
  ])('survives, behind a hijack in the same read, %s', async (_case, bytes) => {
    const socket = connect(replica.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(bytes);
    await eventually(() => {
      expect((replica.counters.refusals[401] ?? 0) + replica.counters.linksOpened.hijack > 0 || socket.closed).toBe(
        true,
      );
    });
    socket.destroy();
    // An uncaught exception of the server would fail this file.
    expect(await ask('/elsewhere', 'Connection: close\r\n')).toContain('the framework');
  });

  it.each([
    ['to the tunnel', '/api/v1/revdial?runnerid=wolf-2'],
    ['to somewhere else', '/somewhere'],
  ])('gives the socket of a hijack to no WebSocket %s in the same read', async (_case, target) => {
    const upgrade = `GET ${target} HTTP/1.1\r\nHost: api\r\n${bearer(RUNNER_TOKEN)}${WEBSOCKET}\r\n`;
    const socket = connect(replica.port, '127.0.0.1');
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    socket.write(`${goodHijack}\r\n${upgrade}`);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).toBe('');
    expect(replica.connections.list()).toEqual([]);
  });

  it('lets only so many peers wait to be let in', async () => {
    const small = await Replica.start({ gateway: { admissionTimeoutMs: 200, maxAdmissionCount: 1 } });
    const target = '/api/v1/revdial?runnerid=wolf-1';
    const first = connect(small.port, '127.0.0.1');
    first.write(`GET ${target} HTTP/1.1\r\nHost: api\r\n${bearer('hang')}${HIJACK}\r\n`);
    first.resume();
    const firstClosed = once(first, 'close');
    await once(first, 'connect');
    const second = connect(small.port, '127.0.0.1');
    second.write(`GET ${target} HTTP/1.1\r\nHost: api\r\n${bearer(RUNNER_TOKEN)}${HIJACK}\r\n`);
    const [bytes] = (await once(second, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 503 /);
    second.destroy();
    await firstClosed;
    await small.close();
  });
});
