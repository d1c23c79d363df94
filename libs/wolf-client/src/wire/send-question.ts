import { request as httpRequest, type ClientRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { MAX_ANSWER_HEADER_BYTES } from '../limits.js';

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  /** With its query, which Wolf takes raw. */
  readonly path: string;
  readonly body?: string;
}

/** Sends the request over the connection, which must not have been used. */
export function sendQuestion(connection: Duplex, { method, path, body }: HttpQuestion): ClientRequest {
  const request = httpRequest({
    // No `agent: false` here: that makes an agent, which would ignore `createConnection` and dial localhost instead.
    createConnection: () => connection,
    method,
    path,
    maxHeaderSize: MAX_ANSWER_HEADER_BYTES,
    headers: {
      Host: 'wolf',
      Connection: 'close',
      'Accept-Encoding': 'identity',
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    },
  });
  // One piece with its length: Wolf refuses chunked requests (wolf-api §1.4).
  request.end(body);
  return request;
}
