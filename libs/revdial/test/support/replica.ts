import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  attachRevDialGateway,
  ConnectionManager,
  RevDialCounters,
  RevDialGateway,
  RunnerHttpPool,
} from '@helix/revdial';
import type {
  ConnectionManagerOptions,
  RevDialGatewayOptions,
  RunnerAuthorizer,
  RunnerHttpPoolOptions,
  RunnerPrincipal,
} from '@helix/revdial';

export const RUNNER_TOKEN = 'runner-token';
export const USER_TOKEN = 'user-token';
/** Another token of the same user. */
export const USER_TOKEN_2 = 'user-token-2';
export const OTHER_USER_TOKEN = 'other-user-token';
export const SESSION = `ses_${'0'.repeat(26)}`;
export const FOREIGN_SESSION = `ses_${'f'.repeat(26)}`;

const HOST: RunnerPrincipal = {
  name: 'runner',
  mayOpen: (runner) => Promise.resolve(runner.kind === 'sandbox' ? 'forbidden' : 'granted'),
};

function user(name: string, sessions: readonly string[]): RunnerPrincipal {
  return {
    name,
    mayOpen: (runner) => {
      if (runner.kind !== 'sandbox') return Promise.resolve('malformed');
      return Promise.resolve(sessions.includes(runner.subject) ? 'granted' : 'forbidden');
    },
  };
}

const ada = user('user:ada', [SESSION]);

export const authorizer: RunnerAuthorizer = {
  authenticate: (token) => {
    switch (token) {
      case RUNNER_TOKEN:
        return Promise.resolve(HOST);
      case USER_TOKEN:
      case USER_TOKEN_2:
        return Promise.resolve(ada);
      case OTHER_USER_TOKEN:
        // May open the same session, to show that the manager and the gateway keep two principals apart.
        return Promise.resolve(user('user:bob', [SESSION]));
      case 'outage':
        return Promise.reject(new Error('the database is away'));
      case 'hang':
        return new Promise(() => undefined);
      default:
        return Promise.resolve(undefined);
    }
  },
};

export interface ReplicaOptions {
  readonly gateway?: RevDialGatewayOptions;
  readonly connections?: ConnectionManagerOptions;
  readonly http?: RunnerHttpPoolOptions;
  readonly authorizer?: RunnerAuthorizer;
}

/** The API's end on a real HTTP server, with waits short enough for tests. */
export class Replica {
  readonly counters = new RevDialCounters();
  readonly connections: ConnectionManager;
  readonly http: RunnerHttpPool;
  readonly gateway: RevDialGateway;
  readonly server: Server;

  constructor(options: ReplicaOptions = {}) {
    const { counters } = this;
    this.connections = new ConnectionManager({ counters, supersededStreamGraceMs: 100, ...options.connections });
    this.http = new RunnerHttpPool(this.connections, { counters, ...options.http });
    this.gateway = new RevDialGateway(this.connections, options.authorizer ?? authorizer, {
      counters,
      sacrificialKeepAliveDelayMs: 20,
      firstCommandDelayMs: 60,
      orphanedStreamGraceMs: 100,
      ...options.gateway,
    });
    this.server = createServer((_request, response) => response.writeHead(418).end('the framework'));
    attachRevDialGateway(this.server, this.gateway);
  }

  static async start(options: ReplicaOptions = {}): Promise<Replica> {
    const replica = new Replica(options);
    replica.server.listen(0, '127.0.0.1');
    await once(replica.server, 'listening');
    return replica;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    void this.http.close();
    await this.connections.close(50);
    this.http.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
