/**
 * Jest's globalSetup: one PostgreSQL for the whole run, not durable, in a temporary folder; its URL goes to the workers
 * as TEST_POSTGRES_URL. When that is set already, that server is used and nothing is left on it. On it one database with all
 * tables, TEST_POSTGRES_TEMPLATE, of which tests get copies (test/support/postgres.ts).
 *
 * Needs the built launcher (`npm test` builds first; by hand: `npx tsc -b apps/api`).
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOnServer } from './run-on-server.mjs';

const launcher = '../../libs/embedded-postgres/dist/embedded-postgres.js';
const api = new URL('../../apps/api/dist/', import.meta.url);

export default async function startPostgres() {
  if (!process.env.TEST_POSTGRES_URL) {
    await startServer();
  }
  process.env.TEST_POSTGRES_TEMPLATE = await createTemplate(process.env.TEST_POSTGRES_URL);
}

async function startServer() {
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

/** Resolves with its name. No connection to it is left open: PostgreSQL copies only databases without connections. */
async function createTemplate(serverUrl) {
  const { openDataSource } = await import(new URL('database/open-data-source.js', api).href);
  const { dataSourceOptions } = await import(new URL('bootstrap/data-source-options.js', api).href);
  const name = `template_${randomBytes(8).toString('hex')}`;
  await runOnServer(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const dataSource = await openDataSource(dataSourceOptions(url.href, 1));
  await dataSource.destroy();
  return name;
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
