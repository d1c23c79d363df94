import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answerSocket, NO_PAGE_HEADERS } from '@helix/revdial';
import { ApiError } from '../errors/api-error.js';
import { HTTP_ANSWERS, httpAnswerOf } from '../errors/status-by-code.js';
import { requestIdOf } from '../logging/request-id.js';

/** An answer of an error that no framework sends: to an upgrade, or to what never became a request. */
export interface RawAnswer {
  readonly status: number;
  readonly message: string;
  /** As in `docs/errors.md`. */
  readonly code: string;
  readonly retryAfterS?: number;
}

/** Answers on a raw socket, in the form of every other error, and makes sure that it ends. */
export function answerRaw(socket: Socket, answer: RawAnswer, request?: IncomingMessage): void {
  const { status, message, code, retryAfterS } = answer;
  const requestId = request === undefined ? randomUUID() : requestIdOf(request);
  const body = JSON.stringify({ code, message, requestId });
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    'X-Request-Id': requestId,
    'Cache-Control': 'no-store',
    ...NO_PAGE_HEADERS,
    ...(retryAfterS !== undefined && { 'Retry-After': String(retryAfterS) }),
  };
  answerSocket(socket, status, headers, body);
}

/** The answer to an error of ours; `INTERNAL` for every other. */
export function rawAnswerOf(error: unknown): RawAnswer {
  const known = httpAnswerOf(error);
  if (known === undefined || !(error instanceof Error)) {
    return { status: HTTP_ANSWERS.INTERNAL.status, message: 'Internal server error', code: 'INTERNAL' };
  }
  return { ...known.answer, message: error.message, code: known.code };
}

/** For `wsClientError` of a `WebSocketServer`, whose own words would be HTML. */
export function refuseHandshake(_error: Error, socket: Duplex, request: IncomingMessage): void {
  const fault = new ApiError('INVALID_REQUEST', 'not a WebSocket upgrade of version 13');
  if (socket instanceof Socket) answerRaw(socket, rawAnswerOf(fault), request);
  else socket.destroy();
}
