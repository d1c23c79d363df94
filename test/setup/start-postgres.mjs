/**
 * Jest's globalSetup: one PostgreSQL for the whole run, not durable, in a temporary folder; its URL goes to the workers
 * as TEST_POSTGRES_URL. When that is set already, that server is used and left alone.
 *
 * Needs the built launcher (`npm test` builds first; by hand: `npx tsc -b apps/api`).
 */
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const launcher = '../../apps/api/dist/database/embedded-postgres/embedded-postgres.js';

export default async function startPostgres() {
  if (process.env.TEST_POSTGRES_URL) {
    return;
  }
  const { EmbeddedPostgres } = await import(new URL(launcher, import.meta.url).href).catch((cause) => {
    throw new Error('The embedded PostgreSQL is not built. Run "npx tsc -b apps/api", or set TEST_POSTGRES_URL.', {
      cause,
    });
  });
  const folder = await mkdtemp(join(tmpdir(), 'helix-test-postgres-'));
  const watchdog = startWatchdog(folder);
  try {
    const postgres = await EmbeddedPostgres.start({
      dataDir: folder,
      durable: false,
      log: (message, level) => {
        if (level !== 'info') {
          console.error(message);
        }
      },
    });
    process.env.TEST_POSTGRES_URL = postgres.url;
    globalThis.helixTestPostgres = { folder, postgres, watchdog };
  } catch (error) {
    watchdog.stdin.end();
    throw error;
  }
}

/**
 * Started before the server, so that there is no moment at which a killed run leaves anything behind. It sees the end of
 * its standard input, however this process ends, then stops the server and removes the folder.
 */
function startWatchdog(folder) {
  const script = fileURLToPath(new URL('postgres-watchdog.mjs', import.meta.url));
  const watchdog = spawn(process.execPath, [script, folder], {
    cwd: tmpdir(),
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  watchdog.unref();
  watchdog.stdin.unref();
  // A watchdog that died first must not fail the run.
  watchdog.stdin.on('error', () => undefined);
  return watchdog;
}
