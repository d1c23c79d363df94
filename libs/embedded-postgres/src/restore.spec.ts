import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { eventually } from '@helix/pacing/testing';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster, isRunning } from './postmaster.js';

async function wordsIn(url: string): Promise<readonly unknown[]> {
  const connection = new pg.Client({ connectionString: url });
  connection.on('error', () => undefined);
  try {
    await connection.connect();
    const { rows } = await connection.query<{ word: string }>('SELECT word FROM kept');
    return rows.map((row) => row.word);
  } finally {
    await connection.end().catch(() => undefined);
  }
}

describe('an embedded PostgreSQL that is killed', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  const said: string[] = [];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'helix-restore-spec-'));
    // Durable: what was written has to survive the kill.
    server = await EmbeddedPostgres.start({ dataDir, log: (line) => said.push(line) });
    const connection = new pg.Client({ connectionString: server.url });
    await connection.connect();
    await connection.query(`CREATE TABLE kept AS SELECT 'still here'::text AS word`);
    await connection.end();
  });

  afterEach(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('restarts at the same address with its data, and can be stopped as before', async () => {
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      expect(server.pid).not.toBe(pid);
      expect(await wordsIn(server.url)).toEqual(['still here']);
    });
    expect(said.some((line) => line.startsWith('PostgreSQL is back'))).toBe(true);

    await server.close();
    expect(await isRunning(server.pid, join(dataDir, 'cluster'))).toBe(false);
  });

  it('does not restart when it is closed at that moment', async () => {
    process.kill(server.pid, 'SIGKILL');
    await server.close();
    expect(await findPostmaster(join(dataDir, 'cluster'))).toBeUndefined();
  });
});
