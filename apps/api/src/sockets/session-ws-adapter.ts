import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { ExternalAgentError } from '@helix/external-agent';
import { isTunnelRequest, WaitingSocket } from '@helix/revdial';
import type { WebSocket, WebSocketServer } from 'ws';
import { answerRaw, rawAnswerOf, refuseHandshake } from '../answers/raw-answer.js';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { parseStreamPath } from '../streams/stream-path.js';
import { StreamUpgrades } from '../streams/stream-upgrades.js';
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
        refuse(socket, request, new ApiError('INVALID_REQUEST', 'the path cannot be read'));
        return;
      }
      const url = new URL(target, 'ws://api');
      const stream = parseStreamPath(url);
      if (stream !== undefined) {
        void this.#streams.take(stream, request, socket, head);
        return;
      }
      const server = servers.find(({ path }) => path === url.pathname);
      if (server === undefined) refuse(socket, request, new ApiError('NOT_FOUND', 'nothing to upgrade to here'));
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
    // Read meanwhile, so that one who leaves is seen to.
    const waiting = new WaitingSocket(socket, head);
    if (this.#waitingCount >= API_LIMITS.socketsWaitingMaxCount) {
      waiting.release();
      refuse(socket, request, new ExternalAgentError('BUSY', 'too many sockets are being opened; try again'));
      return;
    }
    this.#waitingCount += 1;
    try {
      const admission = await this.#authorizer.admit(request, sessionId);
      if (waiting.signal.aborted) return;
      const admitted: AdmittedRequest = Object.assign(request, { admission });
      server.handleUpgrade(request, socket, waiting.release(), (webSocket: WebSocket) => {
        server.emit('connection', webSocket, admitted);
      });
    } catch (error) {
      waiting.release();
      if (!socket.destroyed) refuse(socket, request, error);
    } finally {
      this.#waitingCount -= 1;
    }
  }
}

function refuse(socket: Socket, request: IncomingMessage, error: unknown): void {
  answerRaw(socket, rawAnswerOf(error), request);
}
