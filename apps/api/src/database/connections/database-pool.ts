import pg from 'pg';
import { DatabaseTrouble } from '../database-trouble.js';
import { DatabaseConnection, type DatabaseConnectionConfig } from './database-connection.js';

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

export type DatabasePoolConfig = DatabaseConnectionConfig & pg.PoolConfig;

/**
 * Connections for all who ask. When one finds the server silent, those that have not heard of it since are cut as well: the path that
 * one has lost (a firewall that forgot it, a server that lost its power) was theirs, and each would cost a caller the same wait.
 */
export class DatabasePool extends pg.Pool {
  readonly #connections = new Set<DatabaseConnection>();

  constructor(config: DatabasePoolConfig = {}) {
    super({ ...config, Client: DatabaseConnection });
    this.on('connect', (client) => {
      if (!(client instanceof DatabaseConnection)) return;
      this.#connections.add(client);
      client.onSilence = (sentAtMs) => {
        this.#cutUnheardSince(sentAtMs);
      };
    });
    this.on('remove', (client) => {
      if (client instanceof DatabaseConnection) this.#connections.delete(client);
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    if (callback === undefined) {
      return super.connect().catch((error: unknown) => {
        throw DatabaseTrouble.ofConnection(error);
      });
    }
    super.connect((error, client, done) => {
      callback(error === undefined ? undefined : DatabaseTrouble.ofConnection(error), client, done);
    });
    return undefined;
  }

  #cutUnheardSince(sentAtMs: number): void {
    for (const connection of this.#connections) if (connection.heardAtMs < sentAtMs) connection.destroy();
  }
}
