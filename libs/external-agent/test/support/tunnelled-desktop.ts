import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  attachRevDialGateway,
  ConnectionManager,
  fixedToken,
  parseServerAddress,
  RevDialGateway,
  RunnerHttpPool,
  RunnerTunnel,
  runnerIdOf,
  SocketConnector,
} from '@helix/revdial';

import {
  createSessionId,
  SessionDirectory,
  SessionEntity,
  type SessionId,
  type SessionState,
} from '../../src/index.js';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A desktop's own service, answering as a test wants it to, behind both real ends of a tunnel. */
export class TunnelledDesktop {
  readonly sessionId = createSessionId();
  readonly connections = new ConnectionManager({ graceMs: 300 });
  readonly http = new RunnerHttpPool(this.connections, { headersTimeoutMs: 1_000 });
  readonly directory: SessionDirectory;
  /** Paths that were asked for. */
  readonly requests: string[] = [];
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();
  readonly #sessions = new Map<SessionId, SessionEntity>();
  readonly #service: Server;
  #api: Server | undefined;
  #tunnel: RunnerTunnel | undefined;

  constructor() {
    this.directory = new SessionDirectory({ find: (id) => Promise.resolve(this.#sessions.get(id) ?? null) });
    this.addSession('running', this.sessionId);
    this.#service = createServer((request, response) => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      // A caller who is cut off is part of what is tested.
      request.on('error', () => undefined);
      this.answer(request, response);
    });
  }

  addSession(state: SessionState, id: SessionId = createSessionId()): SessionId {
    this.#sessions.set(
      id,
      Object.assign(new SessionEntity(), { id, ownerId: 'usr_ann', state, version: 1, deletedAt: null }),
    );
    return id;
  }

  async start(): Promise<void> {
    const local = await listen(this.#service);
    const gateway = new RevDialGateway(this.connections, {
      authenticate: () => Promise.resolve({ name: 'session', mayOpen: () => Promise.resolve('granted' as const) }),
    });
    this.#api = createServer((_request, response) => response.writeHead(404).end());
    attachRevDialGateway(this.#api, gateway);
    const server = parseServerAddress(`http://127.0.0.1:${String(await listen(this.#api))}`);
    if (server === undefined) throw new Error('not an address');
    const connected = new Promise<void>((resolve) => {
      this.connections.subscribe((event) => {
        if (event.type === 'connected') resolve();
      });
    });
    this.#tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: runnerIdOf('sandbox', this.sessionId),
      local: { kind: 'tcp', host: '127.0.0.1', port: local },
      token: fixedToken('session-token'),
      transport: 'websocket',
      logger: SILENT,
    });
    this.#tunnel.start();
    await connected;
  }

  get openStreamCount(): number {
    return this.connections.totals().openStreamCount;
  }

  /** The service is gone at once, as when its container is killed. */
  cutService(): void {
    this.#service.closeAllConnections();
  }

  async close(): Promise<void> {
    this.#tunnel?.destroy();
    this.http.destroy();
    await this.connections.close(0);
    for (const server of [this.#service, this.#api]) {
      server?.closeAllConnections();
      server?.close();
    }
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
