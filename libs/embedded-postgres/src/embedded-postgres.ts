import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { bringUp, type BringUpOptions, type Standing } from './bring-up.js';
import { DATABASE, openDataFolder, serverUrl, type DataFolder } from './data-folder.js';
import { initialiseCluster } from './initialise-cluster.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { stopPostmaster } from './postmaster.js';
import { chooseRunAs } from './run-as.js';

export interface EmbeddedPostgresOptions extends BringUpOptions {
  /** A folder of the server's own; made when missing. */
  readonly dataDir: string;
  /** True when `dataDir` is the default and not a setting: then root may fall back to `/var/lib/helix-postgres/…` (see `openDataFolder`). */
  readonly dataDirIsDefault?: boolean;
}

/** Between two tries to bring back a server that died, each of which tries several times by itself. */
const RESTORE_PAUSE_MS = 5_000;

/**
 * A real PostgreSQL that belongs to this process, for running without a database server.
 *
 * The server is its own process and survives a SIGKILL of ours. The next start on the same folder finds it through
 * `postmaster.pid` and adopts it, or stops it and starts another when it does not answer to our password. At most one
 * process owns a folder at a time (`OwnerLock`). A server that dies under us is brought back on the same port, so that
 * `url` stays true.
 */
export class EmbeddedPostgres {
  readonly url: string;
  /** True when the server was left over by a process that died. */
  readonly adopted: boolean;
  readonly #folder: DataFolder;
  readonly #binaries: PostgresBinaries;
  readonly #options: BringUpOptions;
  readonly #stopping = new AbortController();
  #standing: Standing;
  #restoring: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(folder: DataFolder, binaries: PostgresBinaries, standing: Standing, options: BringUpOptions) {
    this.#folder = folder;
    this.#binaries = binaries;
    this.#standing = standing;
    this.#options = { ...options, port: standing.port, signal: this.#stopping.signal };
    this.url = serverUrl(standing.port, folder.password, DATABASE);
    this.adopted = standing.adopted;
    this.#watch();
  }

  get pid(): number {
    return this.#standing.pid;
  }

  /**
   * Resolves when the server answers. Rejects with an `EmbeddedPostgresError`; then nothing that this call started is
   * left running. `signal` ends the start; what stands is ended by `close`.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const runAs = await chooseRunAs();
    const folder = await openDataFolder(options.dataDir, options.dataDirIsDefault ?? false, runAs, options.log);
    const binaries = await findPostgresBinaries(folder.runAs);
    await initialiseCluster(folder, binaries, options.durable ?? true, options.signal);
    const standing = await bringUp(folder, binaries, options);
    await writeFile(folder.portFile, `${standing.port}\n`);
    options.log(
      `PostgreSQL ${standing.adopted ? 'adopted' : 'started'}: pid ${standing.pid}, port ${standing.port}`,
      'info',
    );
    return new EmbeddedPostgres(folder, binaries, standing, options);
  }

  /** Fast shutdown, within limits; idempotent. Connections that are still open are cut. Rejects with `STOP_FAILED`. */
  close(): Promise<void> {
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restoring;
    await this.#standing.lock.release();
    await stopPostmaster(this.pid, this.#folder.cluster);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  #watch(): void {
    this.#standing.lock.onLost(() => {
      if (this.#isStopping()) return;
      this.#options.log(
        `the embedded PostgreSQL (pid ${this.pid}) dropped its owner's connection; see ${this.#folder.logFile}`,
        'error',
      );
      this.#restoring = this.#restore();
    });
  }

  /** Never rejects; ends when a server stands, or with `close`. */
  async #restore(): Promise<void> {
    while (!this.#isStopping()) {
      try {
        this.#standing = await bringUp(this.#folder, this.#binaries, this.#options);
        this.#watch();
        this.#options.log(`PostgreSQL is back: pid ${this.pid}, port ${this.#standing.port}`, 'info');
        return;
      } catch (error) {
        if (this.#isStopping()) return;
        this.#options.log(`PostgreSQL could not be brought back: ${String(error)}`, 'error');
      }
      await pause(RESTORE_PAUSE_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }
}
