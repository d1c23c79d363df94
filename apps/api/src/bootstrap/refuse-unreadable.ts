import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { answerRaw, type RawAnswer } from '../answers/raw-answer.js';
import { ApiError } from '../errors/api-error.js';
import { HTTP_ANSWERS } from '../errors/status-by-code.js';
import { API_LIMITS } from '../limits.js';

/** What Node's HTTP server listens to on a socket that it parses. Its `close` listener stays: it frees the parser. */
const PARSER_EVENTS = ['data', 'end', 'drain', 'error', 'timeout'] as const;

/**
 * What Node refuses before there is a request is answered as every other error is: JSON with code, message and request id. To be called
 * before anything else listens for requests.
 */
export function refuseUnreadable(server: Server, logger: Pick<Logger, 'warn'>): void {
  const last = new WeakMap<Duplex, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    last.set(request.socket, { request, response });
  });
  // Node would ask for the body at once, and refuse an expectation without saying why; both are looked at as requests.
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.on(event, (request: IncomingMessage, response: ServerResponse) => {
      server.emit('request', request, response);
    });
  }
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    answerRaw(socket, { code: 'NOT_FOUND', message: 'no such route', status: HTTP_ANSWERS.NOT_FOUND.status }, request);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const { request, response } = last.get(socket) ?? {};
    // The fault is in the body of a request that was answered already, or its answer is on its way.
    const isAnswered = response?.headersSent === true && !(request?.complete === true && response.writableFinished);
    if (error.code === 'ECONNRESET' || !socket.writable || isAnswered) {
      socket.destroySoon();
      return;
    }
    for (const event of PARSER_EVENTS) socket.removeAllListeners(event);
    answerRaw(socket, refusalOf(error.code));
  });
  let toldAtMs = -Infinity;
  server.on('drop', () => {
    if (performance.now() - toldAtMs < API_LIMITS.droppedToldMs) return;
    toldAtMs = performance.now();
    logger.warn({ maxConnections: server.maxConnections }, 'connections are dropped: HTTP_MAX_CONNECTIONS is reached');
  });
}

/**
 * Express middleware: what Node leaves to its user.
 * @throws ApiError INVALID_REQUEST, EXPECTATION_FAILED
 */
export function assertAnswerable(
  request: IncomingMessage,
  _response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const { host, expect = '100-continue' } = request.headers;
  const isHttp11 = request.httpVersion === '1.1';
  // Node's parser takes the line of an HTTP/2.0 request, which is never sent in this form.
  if (request.httpVersionMajor !== 1)
    next(new ApiError('INVALID_REQUEST', 'only HTTP/1.1 and HTTP/1.0 are spoken here'));
  else if (isHttp11 && host === undefined) next(new ApiError('INVALID_REQUEST', 'the request has no Host'));
  else if (isHttp11 && !/100-continue/i.test(expect)) {
    next(new ApiError('EXPECTATION_FAILED', 'the expectation in Expect is not known; leave the header out'));
  } else next();
}

function refusalOf(code: string | undefined): RawAnswer {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      const limit = `${String(API_LIMITS.headersMaxBytes / 1024)} KiB`;
      return answerOf('HEADERS_TOO_LARGE', `address and headers have more than ${limit}; often cookies are too many`);
    }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return answerOf('REQUEST_TIMEOUT', 'the headers were not complete in time');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return answerOf('PAYLOAD_TOO_LARGE', 'the chunks of the body carry too much beside it');
    default:
      return answerOf('INVALID_REQUEST', 'this is not HTTP that can be read');
  }
}

function answerOf(
  code: 'HEADERS_TOO_LARGE' | 'REQUEST_TIMEOUT' | 'PAYLOAD_TOO_LARGE' | 'INVALID_REQUEST',
  message: string,
): RawAnswer {
  return { code, message, status: HTTP_ANSWERS[code].status };
}
