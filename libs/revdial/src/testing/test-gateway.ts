import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionManager } from '../connections/connection-manager.js';
import { attachRevDialGateway } from '../gateway/attach-revdial-gateway.js';
import { RevDialGateway } from '../gateway/revdial-gateway.js';
import type { RunnerAuthorizer } from '../gateway/runner-authorizer.js';

export interface TestGatewayOptions {
  /** How long a runner that lost its link counts as away for a moment. */
  readonly graceMs: number;
  /** Every token may open every runner unless given. */
  readonly authorizer?: RunnerAuthorizer;
}

const EVERY_TOKEN: RunnerAuthorizer = {
  authenticate: () => Promise.resolve({ name: 'runner', mayOpen: () => Promise.resolve('granted' as const) }),
};

/** The API's end of the tunnel on a server of its own, for tests of what dials through it. */
export class TestGateway {
  readonly connections: ConnectionManager;
  readonly #authorizer: RunnerAuthorizer;
  readonly #server: Server = createServer((_request, response) => response.writeHead(404).end());

  constructor({ graceMs, authorizer = EVERY_TOKEN }: TestGatewayOptions) {
    this.connections = new ConnectionManager({ graceMs });
    this.#authorizer = authorizer;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    attachRevDialGateway(this.#server, new RevDialGateway(this.connections, this.#authorizer));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** The API's base URL for runners. */
  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Cuts all links. Idempotent. */
  async close(): Promise<void> {
    await this.connections.close(0);
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
