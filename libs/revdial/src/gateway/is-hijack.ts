import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Generation 1 asks with `Connection: Upgrade` and without `Upgrade` (revdial-wire §2). A response without the socket waits
 * for the one to an earlier request, and the socket cannot be taken.
 */
export function isHijack(request: IncomingMessage, response: ServerResponse): boolean {
  if (response.socket !== request.socket) return false;
  const tokens = request.headers.connection?.toLowerCase().split(',') ?? [];
  return request.headers.upgrade === undefined && tokens.some((token) => token.trim() === 'upgrade');
}
