import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_LIMITS } from '../limits.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

interface DrainBounds {
  readonly bodyDrainMaxBytes: number;
  readonly bodyLingerMs: number;
}

/** Callers who may send more than strangers. */
const allowances = new WeakMap<IncomingMessage, number>();

/** Raises how much of the request's body is read and dropped when it is not wanted. */
export function mayStillSend(request: IncomingMessage, maxBytes: number): void {
  allowances.set(request, maxBytes);
}

/**
 * Reads what there is of a body, and drops it. A caller that sends more than its bound is cut.
 */
export function dropBody(request: IncomingMessage, maxBytes: number = API_LIMITS.bodyDrainMaxBytes): void {
  let byteCount = 0;
  request.on('error', () => undefined);
  request.on('data', (chunk: Buffer) => {
    byteCount += chunk.length;
    if (byteCount > (allowances.get(request) ?? maxBytes)) request.socket.destroy();
  });
  request.resume();
}

/**
 * Express middleware: when an answer is complete and the body it answers is not, reads and drops the rest for a moment, so that the answer
 * reaches a caller who is still sending: a connection that is closed with unread bytes is reset, and the answer may be lost
 * with it. One who goes on for too long is cut.
 */
export function dropUnreadBodies({ bodyDrainMaxBytes, bodyLingerMs }: DrainBounds = API_LIMITS): Middleware {
  return (request, response, next): void => {
    // Node itself would drop all that comes, for as long as it comes, unless a reader has begun by then.
    response.once('prefinish', () => {
      if (request.complete || request.destroyed) return;
      const { socket } = request;
      const timer = setTimeout(() => socket.destroy(), bodyLingerMs);
      const stop = (): void => {
        clearTimeout(timer);
      };
      request.once('end', stop);
      request.once('close', stop);
      dropBody(request, bodyDrainMaxBytes);
    });
    next();
  };
}
