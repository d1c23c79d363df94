import type { IncomingMessage, ServerResponse } from 'node:http';
import { NO_PAGE_HEADERS } from '@helix/revdial';
import { requestIdOf } from '../logging/request-id.js';

/**
 * Express middleware: every answer names its request, is no page, and is not kept by anything on its way (PINs and keys stand in
 * some), unless its route says otherwise.
 */
export function setAnswerHeaders(request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('X-Request-Id', requestIdOf(request));
  for (const [name, value] of Object.entries(NO_PAGE_HEADERS)) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  next();
}
