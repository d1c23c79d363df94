import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { dropUnreadBodies, mayStillSend } from './unread-body.js';

const KIB = 1024;

describe('a body that is not wanted', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const limit = dropUnreadBodies({ bodyDrainMaxBytes: 256 * KIB, bodyLingerMs: 300 });
  const server = createServer((request, response) => {
    limit(request, response, () => {
      answer(request, response);
    });
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    answer = (_request, response) => response.writeHead(401).end('no');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends a head that announces so much. */
  function begin(length: number): { readonly socket: Socket; readonly closed: Promise<unknown>; text: () => string } {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`POST / HTTP/1.1\r\nHost: api\r\nContent-Length: ${String(length)}\r\n\r\n`);
    return { socket, closed, text: () => text };
  }

  it('is dropped when it comes soon, and its connection serves the next request', async () => {
    const { socket, text } = begin(200 * KIB);
    socket.write(Buffer.alloc(200 * KIB));
    socket.write('GET / HTTP/1.1\r\nHost: api\r\n\r\n');
    while (text().split('HTTP/1.1 401').length < 3) await once(socket, 'data');
    expect(socket.closed).toBe(false);
    socket.destroy();
  });

  it('is answered at once and cut when it does not come', async () => {
    const { closed, text } = begin(2);
    await closed;
    expect(text()).toContain('HTTP/1.1 401');
  });

  it('is cut past its bound, which is larger for admitted callers', async () => {
    const stranger = begin(8 * 1024 * KIB);
    stranger.socket.write(Buffer.alloc(8 * 1024 * KIB));
    await stranger.closed;
    answer = (request, response) => {
      mayStillSend(request, 16 * 1024 * KIB);
      response.writeHead(413).end();
    };
    const known = begin(8 * 1024 * KIB);
    await new Promise((resolve) => known.socket.write(Buffer.alloc(8 * 1024 * KIB), resolve));
    while (!known.text().includes('413')) await once(known.socket, 'data');
    expect(known.socket.closed).toBe(false);
    known.socket.destroy();
  });
});
