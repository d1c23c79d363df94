import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's HTTP server listens to on a socket that it parses. Its `close` listener stays: it frees the parser. */
const PARSER_EVENTS = ['data', 'end', 'drain', 'error', 'timeout'] as const;

/**
 * Takes the socket of a request from Node's HTTP server, as a hijacked control connection needs it (revdial-wire §2: no
 * `Upgrade` header, so no `upgrade` event). From the next listener for `data` on, bytes arrive raw. The response must not
 * be used any more; the caller has to listen to `error` in the same turn.
 */
export function detachFromHttp(request: IncomingMessage, response: ServerResponse): Socket {
  const { socket } = request;
  response.detachSocket(socket);
  for (const event of PARSER_EVENTS) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket;
}
