import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedMoonlight {
  readonly what: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A host's Moonlight Web, answering as a test wants it to. */
export class MoonlightServer {
  readonly asked: AskedMoonlight[] = [];
  /** Connections that were cut before their answer was complete. */
  abandonedCount = 0;
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('error', () => undefined);
    request.on('data', (piece: string) => (body += piece));
    response.once('close', () => {
      if (!response.writableFinished) this.abandonedCount += 1;
    });
    request.on('end', () => {
      this.asked.push({ what: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body });
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
