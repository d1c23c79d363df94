import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What Node's HTTP server listens to on a socket that it parses. Its `close` listener stays: it frees the parser. */
const PARSER_EVENTS = ['data', 'end', 'drain', 'error', 'timeout'] as const;

/**
 * Takes the socket of a request from Node's HTTP server, as a hijacked control connection needs it (revdial-wire §2: no
 * `Upgrade` header, so no `upgrade` event). From the next listener for `data` on, bytes arrive raw. The response must not
 * be used any more; the caller has to listen to `error` in the same turn. To be called in a later turn than the request.
 * `undefined`: the peer has left meanwhile, or what it sent behind its request made Node end the connection.
 */
export function detachFromHttp(request: IncomingMessage, response: ServerResponse): Socket | undefined {
  const { socket } = request;
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  response.detachSocket(socket);
  for (const event of PARSER_EVENTS) socket.removeAllListeners(event);
  socket.setTimeout(0);
  return socket;
}
