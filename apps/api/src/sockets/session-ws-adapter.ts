import type { IncomingMessage } from 'node:http';
import type { INestApplication, WebSocketAdapter, WsMessageHandler } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { isSessionId } from '@helix/external-agent';
import { WebSocketServer, type WebSocket } from 'ws';
import { refuseHandshake } from '../answers/raw-answer.js';
import { Admission, type SessionAdmission } from '../auth/admission.js';
import { API_LIMITS } from '../limits.js';
import { Upgrades } from './upgrades.js';

/** What a gateway is given with a socket. */
export interface AdmittedRequest extends IncomingMessage {
  readonly admission: SessionAdmission;
}

/**
 * Nest's gateways on sockets that were admitted before they were upgraded: Nest's own adapter accepts every upgrade and asks
 * afterwards. It is used for what comes after the upgrade.
 */
export class SessionWsAdapter implements WebSocketAdapter<WebSocketServer, WebSocket> {
  readonly #upgraded: WsAdapter;
  readonly #admission: Admission;
  readonly #upgrades: Upgrades;

  constructor(app: INestApplication) {
    this.#upgraded = new WsAdapter(app);
    this.#admission = app.get(Admission);
    this.#upgrades = app.get(Upgrades);
  }

  /** The server of one gateway, which owners of the session named in the query, and admins, may open sockets to. */
  create(_port: number, options: { readonly path?: string } = {}): WebSocketServer {
    const server = new WebSocketServer({
      noServer: true,
      maxPayload: API_LIMITS.socketMessageMaxBytes,
      perMessageDeflate: false,
    });
    server.on('wsClientError', refuseHandshake);
    // ws closes such a socket itself; without a listener the error would end the process.
    server.on('connection', (socket) => socket.on('error', () => undefined));
    this.#upgrades.serve({
      name: 'sockets',
      match: ({ pathname, searchParams }) => {
        if (pathname !== options.path) return undefined;
        const named = searchParams.get('session_id') ?? '';
        const session = {
          sessionId: isSessionId(named) ? named : undefined,
          missing: named === '' ? 'session_id is required' : undefined,
        };
        return async (request, waiting) => {
          const admission = await this.#admission.admitToSession(
            { request, isUpgrade: true },
            'session-owner',
            session,
          );
          if (waiting.signal.aborted) return;
          server.handleUpgrade(request, waiting.socket, waiting.release(), (socket) => {
            server.emit('connection', socket, Object.assign(request, { admission }));
          });
        };
      },
    });
    return server;
  }

  bindClientConnect(server: WebSocketServer, callback: (socket: WebSocket, request: IncomingMessage) => void): void {
    this.#upgraded.bindClientConnect(server, callback);
  }

  bindClientDisconnect(socket: WebSocket, callback: () => void): void {
    this.#upgraded.bindClientDisconnect(socket, callback);
  }

  bindMessageHandlers(_socket: WebSocket, handlers: readonly WsMessageHandler[]): void {
    if (handlers.length > 0) throw new TypeError('gateways of the API push only: none takes messages');
  }

  async close(server: WebSocketServer): Promise<void> {
    await this.#upgraded.close(server);
  }

  /** Nest calls it at the end, though its interface does not say so. */
  async dispose(): Promise<void> {
    await this.#upgraded.dispose();
  }
}
