import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NO_PAGE_HEADERS, type RunnerTunnelStatus } from '@helix/revdial';

/** A container's health check asks once in a while; a client that opens more is not one. */
const CONNECTIONS_MAX_COUNT = 16;
const REQUEST_LIMIT_MS = 5_000;

/** `GET /healthz` on the loopback: 200 when every tunnel is connected, else 503, with the state of each. */
export class HealthServer {
  readonly #server: Server;

  constructor(tunnels: () => readonly RunnerTunnelStatus[]) {
    this.#server = createServer(
      { requestTimeout: REQUEST_LIMIT_MS, headersTimeout: REQUEST_LIMIT_MS },
      (request, response) => {
        response.setHeader('Connection', 'close');
        for (const [name, value] of Object.entries(NO_PAGE_HEADERS)) response.setHeader(name, value);
        if (request.url !== '/healthz' || (request.method !== 'GET' && request.method !== 'HEAD')) {
          response.writeHead(404).end();
          return;
        }
        const states = tunnels().map(({ runnerId, state, transport, openStreamCount }) => ({
          runnerId,
          state,
          transport,
          openStreamCount,
        }));
        const isHealthy = states.every(({ state }) => state === 'connected');
        response.writeHead(isHealthy ? 200 : 503, { 'Content-Type': 'application/json' });
        response.end(JSON.stringify({ status: isHealthy ? 'ok' : 'not-connected', tunnels: states }));
      },
    );
    this.#server.maxConnections = CONNECTIONS_MAX_COUNT;
    // For good: without file descriptors to accept with, the health check fails, and the tunnels go on.
    this.#server.on('error', ignoreError);
  }

  /** Resolves with the port. @throws the listening error, such as EADDRINUSE */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.off('error', reject);
        const address = this.#server.address() as AddressInfo;
        resolve(address.port);
      });
    });
  }

  /** Idempotent. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function ignoreError(): void {
  return undefined;
}
