import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestIdOf } from '../logging/request-id.js';

/**
 * Express middleware: every answer names its request, is what its content type says, and is kept by nobody (PINs and keys
 * stand in some) unless its route says otherwise.
 */
export function setAnswerHeaders(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Request-Id', requestIdOf(request));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  next();
}
