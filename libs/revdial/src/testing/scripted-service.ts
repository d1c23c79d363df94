import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export interface AskedRequest {
  /** As `GET /screenshot?quality=40`. */
  readonly what: string;
  readonly headers: IncomingHttpHeaders;
  /** In latin1; empty where the service does not read bodies. */
  readonly body: string;
}

export interface ScriptedServiceOptions {
  /** Whether a request is read to its end before it is answered, and `asked` holds its body; otherwise `answer` reads it. True by default. */
  readonly readsBodies?: boolean;
  /** A request without this bearer token is answered 401. */
  readonly credentials?: string;
}

/** The HTTP service of a desktop or a host, whose answers a test writes. Give `handle` to a `TestRunner`. */
export class ScriptedService {
  readonly asked: AskedRequest[] = [];
  answer: RequestListener = (_request, response) => response.end();
  /** Answers that were cut before their end. */
  abandonedCount = 0;
  readonly #options: ScriptedServiceOptions;

  constructor(options: ScriptedServiceOptions = {}) {
    this.#options = options;
  }

  /** Answers every request like this from now on. */
  answers(status: number, type: string, body: string | Buffer = ''): void {
    this.answer = (_request, response) => response.writeHead(status, { 'content-type': type }).end(body);
  }

  readonly handle: RequestListener = (request, response) => {
    // A caller that is cut off is part of what is tested.
    request.on('error', () => undefined);
    response.once('close', () => {
      if (!response.writableFinished) this.abandonedCount += 1;
    });
    if (this.#options.readsBodies === false) {
      this.#take(request, response, '');
      return;
    }
    let body = '';
    request.setEncoding('latin1').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      this.#take(request, response, body);
    });
  };

  #take(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { credentials } = this.#options;
    this.asked.push({ what: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body });
    if (credentials === undefined || request.headers.authorization === `Bearer ${credentials}`)
      this.answer(request, response);
    else response.writeHead(401).end();
  }
}
