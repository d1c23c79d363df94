import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { ConnectionManager } from '../connections/connection-manager.js';
import type { RunnerHttpPool } from '../http/runner-http-pool.js';

/** Ends links and streams in the last hook that Nest calls before it closes the HTTP server. */
export class RevDialLifecycle implements BeforeApplicationShutdown {
  readonly #connections: ConnectionManager;
  readonly #http: RunnerHttpPool;
  readonly #graceMs: number | undefined;

  constructor(connections: ConnectionManager, http: RunnerHttpPool, graceMs: number | undefined) {
    this.#connections = connections;
    this.#http = http;
    this.#graceMs = graceMs;
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Idle streams count as open ones to their links; without this each link would wait its whole grace for them.
    void this.#http.close();
    await this.#connections.close(this.#graceMs);
    this.#http.destroy();
  }
}
