import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { reportDefect } from '../defect.js';
import { refuseSocket } from './refusal.js';
import type { RevDialGateway } from './revdial-gateway.js';

const NOT_FOUND = { status: 404, contentType: 'text/plain; charset=utf-8', body: 'nothing to upgrade to here' };

/**
 * Puts the gateway before everything else that listens to an HTTP server: its own requests never reach the framework, whose
 * middleware would answer or buffer them, and all others pass on untouched. To be called after the framework has put its
 * listener on the server and before it listens.
 *
 * Other handlers of upgrades may be added before or after; they have to leave paths alone that are not theirs. An upgrade
 * for which there is no other listener is answered 404.
 */
export function attachRevDialGateway(server: Server | HttpsServer, gateway: RevDialGateway): void {
  const others = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isTaken(request, () => gateway.handleRequest(request, response))) return;
    for (const other of others) Reflect.apply(other, server, [request, response]);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (isTaken(request, () => gateway.handleUpgrade(request, socket, head))) return;
    if (server.listenerCount('upgrade') === 1) refuseSocket(socket, NOT_FOUND);
  });
}

/** A request that makes the gateway throw costs its own connection. */
function isTaken(request: IncomingMessage, take: () => boolean): boolean {
  try {
    return take();
  } catch (error) {
    reportDefect('the gateway at a request', error);
    request.socket.destroy();
    return true;
  }
}
