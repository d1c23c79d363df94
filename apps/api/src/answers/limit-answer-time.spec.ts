import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { limitAnswerTime } from './limit-answer-time.js';

const LARGE = Buffer.alloc(32 * 1024 * 1024);
const STALL_MS = 400;

describe('the time for answers', () => {
  let answer: (response: ServerResponse) => void;
  let sockets: Socket[] = [];
  const limit = limitAnswerTime(STALL_MS);
  const server = createServer((request, response) => {
    limit(request, response, () => {
      answer(response);
    });
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  function ask(): Socket {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: api\r\n\r\n');
    return socket;
  }

  /** Resolves when the next answer is over, whether it was read or cut. */
  function answered(): Promise<void> {
    return new Promise((resolve) => {
      answer = (response) => {
        response.once('close', resolve);
        response.end(LARGE);
      };
    });
  }

  /** Resolves with how much arrived in all, when the connection has ended or everything is there. */
  function arrived(socket: Socket): Promise<number> {
    let byteCount = 0;
    return new Promise((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        byteCount += chunk.length;
        if (byteCount > LARGE.length) resolve(byteCount);
      });
      socket.once('close', () => {
        resolve(byteCount);
      });
    });
  }

  it('is bounded for one who reads nothing', async () => {
    const ended = answered();
    const socket = ask().pause();
    await ended;
    expect(await arrived(socket.resume())).toBeLessThan(LARGE.length);
  });

  it('is not bounded for one who reads slowly', async () => {
    const askedAt = performance.now();
    const ended = answered();
    const socket = ask();
    // A mebibyte each 40 ms, for more than twice the limit.
    let piece = 0;
    socket.on('data', (chunk: Buffer) => {
      piece += chunk.length;
      if (piece < 1024 * 1024) return;
      piece = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 40);
    });
    expect(await arrived(socket)).toBeGreaterThan(LARGE.length);
    await ended;
    expect(performance.now() - askedAt).toBeGreaterThan(2 * STALL_MS);
  });

  it('does not run while the answer is still being made, nor between two answers', async () => {
    answer = (response) => setTimeout(() => response.end('late'), 2 * STALL_MS);
    const socket = ask();
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => setTimeout(resolve, 4 * STALL_MS));
    expect([text.endsWith('late'), socket.closed]).toEqual([true, false]);
    answer = (response) => response.end('again');
    socket.write('GET / HTTP/1.1\r\nHost: api\r\n\r\n');
    while (!text.endsWith('again')) await once(socket, 'data');
  });
});
