import pg from 'pg';
import { setTimeout as pause } from 'node:timers/promises';

import { DATABASE, serverUrl } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { CONNECT_LIMIT_MS, READY_LIMIT_MS, READY_POLL_MS } from './limits.js';

/** Any constant will do; it must only stay the same, since old and new processes meet at it. */
const OWNER_LOCK_KEY = 4_835_112;

/** The database that every cluster has; the owner's lock is taken there, away from the product's own connections. */
const MAINTENANCE_DATABASE = 'postgres';

/** What came of asking a server: its lock, or why not. */
export type Claim =
  | { readonly outcome: 'owned'; readonly lock: OwnerLock }
  | { readonly outcome: 'in-use' | 'not-ours' | 'gone' | 'silent' };

export interface ClaimRequest {
  readonly port: number;
  readonly password: string;
  readonly cluster: string;
  /** Asked between attempts; false ends the waiting. */
  readonly isAlive: () => Promise<boolean>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Which process owns the server is settled by the server: the owner keeps one connection with an advisory lock, and
 * when the owner dies in whatever way, the kernel closes the connection and the lock is free. No file can be stale.
 */
export class OwnerLock {
  readonly #connection: pg.Client;

  private constructor(connection: pg.Client) {
    this.#connection = connection;
  }

  /** Waits until the server answers, at most READY_LIMIT_MS, and takes the lock. Rejects with `ABORTED` only. */
  static async claim(request: ClaimRequest): Promise<Claim> {
    const endAt = Date.now() + READY_LIMIT_MS;
    while (Date.now() < endAt) {
      if (request.signal?.aborted === true) {
        throw new EmbeddedPostgresError('ABORTED', 'Starting PostgreSQL was aborted.', {
          cause: request.signal.reason,
        });
      }
      const claim = await OwnerLock.#tryOnce(request);
      if (claim !== undefined) {
        return claim;
      }
      if (!(await request.isAlive())) {
        return { outcome: 'gone' };
      }
      await pause(READY_POLL_MS);
    }
    return { outcome: 'silent' };
  }

  static async #tryOnce({ port, password, cluster }: ClaimRequest): Promise<Claim | undefined> {
    const connection = new pg.Client({
      connectionString: serverUrl(port, password, MAINTENANCE_DATABASE),
      connectionTimeoutMillis: CONNECT_LIMIT_MS,
      query_timeout: CONNECT_LIMIT_MS * 5,
      application_name: 'helix-owner',
      keepAlive: true,
    });
    // Without a listener a lost connection would end the process.
    connection.on('error', () => undefined);
    try {
      await connection.connect();
      const { rows } = await connection.query<{ cluster: string; locked: boolean }>(
        `SELECT current_setting('data_directory') AS cluster, pg_try_advisory_lock($1) AS locked`,
        [OWNER_LOCK_KEY],
      );
      if (rows[0]?.cluster !== cluster || !rows[0].locked) {
        await connection.end();
        return { outcome: rows[0]?.cluster === cluster ? 'in-use' : 'not-ours' };
      }
      await createDatabase(connection);
      return { outcome: 'owned', lock: new OwnerLock(connection) };
    } catch (error) {
      await connection.end().catch(() => undefined);
      // Class 28 is "invalid authorization": a server answers there, with another password than ours.
      return error instanceof pg.DatabaseError && error.code?.startsWith('28') === true
        ? { outcome: 'not-ours' }
        : undefined;
    }
  }

  /** Calls back once when the connection is lost, which means that the server restarted or ended. */
  onLost(callback: () => void): void {
    this.#connection.once('end', callback);
  }

  /** Idempotent; resolves also when the connection was lost before. */
  async release(): Promise<void> {
    await this.#connection.end().catch(() => undefined);
  }
}

async function createDatabase(connection: pg.Client): Promise<void> {
  const { rowCount } = await connection.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) {
    await connection.query(`CREATE DATABASE ${connection.escapeIdentifier(DATABASE)}`);
  }
}
