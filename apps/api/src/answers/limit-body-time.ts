import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_LIMITS } from '../limits.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Express middleware: cuts a caller whose body takes too long to arrive, and one who goes on sending after he was answered.
 * A body that `isExempt` by its URL may take as long as its route reads it.
 */
export function limitBodyTime(
  isExempt: (url: string | undefined) => boolean,
  { bodyMaxMs, bodyLingerMs }: { readonly bodyMaxMs: number; readonly bodyLingerMs: number } = API_LIMITS,
): Middleware {
  return (request, response, next): void => {
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
      next();
      return;
    }
    const { socket } = request;
    const cutAfter = (limitMs: number): void => {
      const timer = setTimeout(() => socket.destroy(), limitMs);
      timer.unref();
      const stop = (): void => {
        clearTimeout(timer);
      };
      request.once('end', stop);
      request.once('close', stop);
    };
    if (!isExempt(request.url)) cutAfter(bodyMaxMs);
    response.once('finish', () => {
      if (!request.complete) cutAfter(bodyLingerMs);
    });
    next();
  };
}
