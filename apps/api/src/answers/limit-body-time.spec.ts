import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { limitBodyTime } from './limit-body-time.js';

describe('the time for bodies', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const limit = limitBodyTime((url) => url === '/files', { bodyMaxMs: 300, bodyLingerMs: 100 });
  const server = createServer((request, response) => {
    request.on('error', () => undefined);
    limit(request, response, () => {
      answer(request, response);
    });
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends the head of a request and the first of two bytes. */
  function begin(url: string): { readonly socket: Socket; readonly closed: Promise<unknown>; text: () => string } {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (piece: Buffer) => (text += piece.toString()));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(`POST ${url} HTTP/1.1\r\nHost: api\r\nContent-Length: 2\r\n\r\nx`);
    return { socket, closed, text: () => text };
  }

  it('is bounded', async () => {
    answer = (request) => request.resume();
    const { closed, text } = begin('/json');
    await closed;
    expect(text()).toBe('');
  });

  it('is not bounded where a route reads as long as something comes', async () => {
    let isAnswered = false;
    answer = (request, response) => {
      request.resume().on('end', () => {
        isAnswered = true;
        response.end();
      });
    };
    const json = begin('/json');
    const files = begin('/files');
    await json.closed;
    expect(files.socket.closed).toBe(false);
    files.socket.end('y');
    await files.closed;
    expect([isAnswered, files.text()]).toEqual([true, expect.stringContaining('200 OK')]);
  });

  it('is short once it was answered: the answer arrives, then the rest is cut', async () => {
    answer = (_request, response) => response.writeHead(413).end();
    const { closed, text } = begin('/files');
    await closed;
    expect(text()).toContain('HTTP/1.1 413');
  });

  it('leaves requests without a body alone', async () => {
    answer = (_request, response) => setTimeout(() => response.end('late'), 400);
    const { port } = server.address() as AddressInfo;
    expect(await (await fetch(`http://127.0.0.1:${String(port)}/json`)).text()).toBe('late');
  });
});
