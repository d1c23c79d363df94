import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { EmbeddedPostgres } from '@helix/embedded-postgres';

/** A PostgreSQL of the benchmark's own, durable as in production. */
export class BenchPostgres {
  readonly url: string;
  readonly #folder: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, folder: string, close: () => Promise<void>) {
    this.url = url;
    this.#folder = folder;
    this.#close = close;
  }

  static async start(): Promise<BenchPostgres> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
    try {
      // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
      await chmod(folder, 0o711);
      const postgres = await EmbeddedPostgres.start({
        dataDir: path.join(folder, 'postgres'),
        log: (message, level) => {
          if (level !== 'info') process.stderr.write(`${message}\n`);
        },
      });
      return new BenchPostgres(postgres.url, folder, () => postgres.close());
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops it and removes its files. */
  async close(): Promise<void> {
    await this.#close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
