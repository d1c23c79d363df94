import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { eventually } from '@helix/pacing/testing';
import { startTunnel } from './support/start-tunnel.js';
import type { StartedTunnel } from './support/start-tunnel.js';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const KEEP_ALIVE = '{"command":"keep-alive"}\n';

describe('answers to a hijack request, byte by byte', () => {
  let server: Server;
  let started: StartedTunnel;
  const requests: string[] = [];
  const sockets: Socket[] = [];

  async function answer(onRequest: (socket: Socket) => void): Promise<void> {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', (request) => {
        requests.push(request.toString());
        onRequest(socket);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const local = { kind: 'tcp', host: '127.0.0.1', port: 9 } as const;
    started = startTunnel(`http://127.0.0.1:${String(port)}`, local, { transport: 'hijack' });
  }

  afterEach(() => {
    started.tunnel.destroy();
    for (const socket of sockets.splice(0)) socket.destroy();
    requests.length = 0;
    server.close();
  });

  it('asks with Connection: Upgrade and without Upgrade', async () => {
    await answer((socket) => void socket.write(HEAD + KEEP_ALIVE));
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
    const { port } = server.address() as AddressInfo;
    expect(requests[0]).toBe(
      `GET /api/v1/revdial?runnerid=wolf-test HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\n` +
        'Authorization: Bearer secret-of-the-test\r\nConnection: Upgrade\r\n\r\n',
    );
  });

  it('loses nothing of what comes in the same piece as the head', async () => {
    await answer((socket) => {
      socket.write(
        `${HEAD}${KEEP_ALIVE}{"command":"conn-ready","connPath":"/revdial?revdial.dialer=a&revdial.req=b"}\n`,
      );
    });
    // The data connection comes to the same server, whose answer is no WebSocket's.
    await eventually(() => expect(requests[1]).toMatch(/^GET \/api\/v1\/revdial\?revdial\.dialer=a&revdial\.req=b /));
  });

  it('puts a head and lines together that come in single bytes', async () => {
    await answer((socket) => {
      const bytes = [...Buffer.from(HEAD + KEEP_ALIVE)];
      const writeNext = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(writeNext));
      };
      writeNext();
    });
    await eventually(() => expect(started.tunnel.state).toBe('connected'));
  });

  it.each([
    ['a head without end', 'HTTP/1.1 200 OK\r\nX: '.padEnd(20_000, 'x'), 'longer than 16384 bytes'],
    ['something else than HTTP', 'SSH-2.0-server\r\n\r\n', 'not HTTP/1'],
    ['101', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'answered 101'],
    ['a body in chunks', `${HEAD}18\r\n${KEEP_ALIVE}\r\n`, 'cut before the first keep-alive'],
  ])('takes %s for something in between', async (_what, bytes, problem) => {
    await answer((socket) => void socket.write(bytes));
    await eventually(() => expect(started.logger.find('not connected')).toBeDefined());
    expect(started.logger.find('not connected')?.fields).toMatchObject({
      code: 'NOT_A_LINK',
      problem: expect.stringContaining(problem) as unknown,
    });
    await eventually(() => expect(sockets[0]?.destroyed).toBe(true));
  });
});
