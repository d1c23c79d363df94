import type { IncomingMessage, ServerResponse } from 'node:http';
import { API_LIMITS } from '../limits.js';

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * Express middleware: once an answer is complete, cuts the caller who reads nothing of it for so long. One who reads slowly
 * is left alone: Node takes every piece that leaves for a sign of life.
 */
export function limitAnswerTime(stallMs: number = API_LIMITS.answerStallMs): Middleware {
  return (_request, response, next): void => {
    // All was written and is waiting to leave. Earlier the limit would cut those who wait for a desktop to start.
    response.once('prefinish', () => {
      response.setTimeout(stallMs, () => {
        // The socket outlives its answer, and is quiet between two requests.
        if (!response.writableFinished) response.destroy();
      });
    });
    next();
  };
}
