import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import { API_LIMITS } from '../limits.js';

/** Express on a server with our own bounds for what has not become a request yet. */
export class BoundedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const application: (request: IncomingMessage, response: ServerResponse) => void = this.getInstance();
    this.httpServer = createServer(
      {
        headersTimeout: API_LIMITS.headersMaxMs,
        connectionsCheckingInterval: API_LIMITS.headersCheckMs,
        keepAliveTimeout: API_LIMITS.keepAliveTimeoutMs,
        // For whole requests: files may take as long as they keep coming, and the guard of bodies knows how long others may.
        requestTimeout: 0,
        maxHeaderSize: API_LIMITS.headersMaxBytes,
        // Node would answer without a body; `assertAnswerable` looks at it.
        requireHostHeader: false,
      },
      (request: IncomingMessage, response: ServerResponse) => {
        if (mayGoOn(request, response)) application(request, response);
      },
    );
  }
}

/** Requests that wait behind others of their connection. */
const waitingCounts = new WeakMap<Socket, number>();

/**
 * Node takes all requests of one read in one go, and never tells a response that waits behind another that the connection has closed. Few
 * clients send ahead, and none so much: one that does is cut.
 */
function mayGoOn({ socket }: IncomingMessage, response: ServerResponse): boolean {
  if (response.socket !== null) return true;
  const waitingCount = (waitingCounts.get(socket) ?? 0) + 1;
  if (socket.destroyed || waitingCount > API_LIMITS.requestsAheadMax) {
    socket.destroy();
    return false;
  }
  waitingCounts.set(socket, waitingCount);
  const onClose = (): void => {
    if (response.closed) return;
    response.destroy();
    response.emit('close');
  };
  socket.once('close', onClose);
  response.once('close', () => {
    socket.off('close', onClose);
    waitingCounts.set(socket, (waitingCounts.get(socket) ?? 1) - 1);
  });
  return true;
}
