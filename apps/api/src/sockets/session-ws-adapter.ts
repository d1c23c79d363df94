import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { isTunnelRequest } from '@helix/revdial';
import type { WebSocket, WebSocketServer } from 'ws';
import { API_LIMITS } from '../limits.js';
import { parseStreamPath } from '../streams/stream-path.js';
import { StreamUpgrades } from '../streams/stream-upgrades.js';
import { refuseHandshake, refuseUpgrade } from './refuse-upgrade.js';
import type { SocketAdmission } from './socket-admission.js';
import { SocketAuthorizer } from './socket-authorizer.js';

/** What a gateway hears of a socket beside the socket itself. */
export interface AdmittedRequest extends IncomingMessage {
  admission: SocketAdmission;
}

type GatewayServer = WebSocketServer & { readonly path: string };

/**
 * Nest's adapter for `ws`, which would accept every upgrade first and ask afterwards. Here nobody is upgraded who was not let
 * in, and upgrades of the tunnel, which has its own gateway on the same server, are left alone.
 */
export class SessionWsAdapter extends WsAdapter {
  readonly #authorizer: SocketAuthorizer;
  readonly #streams: StreamUpgrades;
  readonly #listening = new Map<Server, (request: IncomingMessage, socket: Socket, head: Buffer) => void>();
  #waitingCount = 0;

  constructor(app: INestApplicationContext) {
    super(app);
    this.#authorizer = app.get(SocketAuthorizer);
    this.#streams = app.get(StreamUpgrades);
  }

  override create(port: number, options: Readonly<Record<string, unknown>> = {}): unknown {
    const server = super.create(port, {
      ...options,
      maxPayload: API_LIMITS.socketMessageMaxBytes,
      perMessageDeflate: false,
    }) as GatewayServer;
    return server.on('wsClientError', refuseHandshake);
  }

  override async dispose(): Promise<void> {
    for (const [server, listener] of this.#listening) server.off('upgrade', listener);
    this.#listening.clear();
    await super.dispose();
  }

  protected override ensureHttpServerExists(port: number, httpServer?: Server): Server | undefined {
    if (httpServer === undefined) throw new TypeError('WebSocket gateways are served by the API’s own server only');
    if (this.httpServersRegistry.has(port)) return undefined;
    this.httpServersRegistry.set(port, httpServer);
    const listener = (request: IncomingMessage, socket: Socket, head: Buffer): void => {
      if (isTunnelRequest(request)) return;
      const servers = (this.wsServersRegistry.get(port) ?? []) as readonly GatewayServer[];
      // Of `//` and its like nothing can be made, and to throw here would end the process.
      const target = request.url ?? '/';
      if (!URL.canParse(target, 'ws://api')) {
        refuseUpgrade(socket, { status: 400, message: 'the path can not be read' });
        return;
      }
      const url = new URL(target, 'ws://api');
      const stream = parseStreamPath(url);
      if (stream !== undefined) {
        void this.#streams.take(stream, request, socket, head);
        return;
      }
      const server = servers.find(({ path }) => path === url.pathname);
      if (server === undefined) refuseUpgrade(socket, { status: 404, message: 'nothing to upgrade to here' });
      else void this.#admit(server, request, socket, head, url.searchParams.get('session_id') ?? undefined);
    };
    httpServer.on('upgrade', listener);
    this.#listening.set(httpServer, listener);
    return httpServer;
  }

  async #admit(
    server: GatewayServer,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    sessionId: string | undefined,
  ): Promise<void> {
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    if (this.#waitingCount >= API_LIMITS.socketsWaitingMaxCount) {
      refuseUpgrade(socket, { status: 503, message: 'too many sockets are being opened; try again', retryAfterS: 1 });
      return;
    }
    this.#waitingCount += 1;
    const outcome = await this.#authorizer.admit(request, sessionId);
    this.#waitingCount -= 1;
    if (socket.destroyed) return;
    if ('status' in outcome) {
      refuseUpgrade(socket, outcome);
      return;
    }
    socket.off('error', ignore);
    const admitted: AdmittedRequest = Object.assign(request, { admission: outcome });
    server.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      server.emit('connection', webSocket, admitted);
    });
  }
}
