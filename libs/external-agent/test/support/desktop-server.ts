import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The service inside a desktop, answering as a test wants it to. */
export class DesktopServer {
  readonly requests: { readonly url: string; readonly method: string; readonly body: string }[] = [];
  answer: Answer = (_request, response) => response.end();
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      this.requests.push({ url: request.url ?? '', method: request.method ?? '', body });
      this.answer(request, response);
    });
  });

  async start(): Promise<{ readonly host: string; readonly port: number }> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Answers with one body of one type. */
export function answering(contentType: string, body: string | Buffer, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
}
