import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A local service on a raw socket: `answer` writes what it likes for each request head that came in whole. */
export class RawService {
  readonly sockets = new Set<Socket>();
  requestCount = 0;
  connectionCount = 0;
  readonly #server: Server;

  private constructor(answer: (head: string, socket: Socket, requestNumber: number) => void) {
    this.#server = createServer((socket) => {
      this.connectionCount += 1;
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        for (;;) {
          const end = text.indexOf('\r\n\r\n');
          if (end < 0) return;
          this.requestCount += 1;
          const head = text.slice(0, end);
          text = text.slice(end + 4);
          answer(head, socket, this.requestCount);
        }
      });
    });
  }

  static async start(answer: (head: string, socket: Socket, requestNumber: number) => void): Promise<RawService> {
    const service = new RawService(answer);
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    return service;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function pathOf(head: string): string {
  return head.split(' ')[1] ?? '';
}

/** A polite answer that keeps the connection. */
export function answer(body: string, status = '200 OK'): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
}
