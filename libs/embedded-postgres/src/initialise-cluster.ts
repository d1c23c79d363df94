import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { SUPERUSER, type DataFolder } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { INITDB_LIMIT_MS } from './limits.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { SERVER_ENVIRONMENT } from './run-as.js';

const run = promisify(execFile);

/**
 * Creates the cluster unless it stands. It is made aside and renamed, so an initdb that was cut short leaves no half
 * cluster, and of two processes at once one wins whole. Rejects with `INITDB_FAILED` or `ABORTED`.
 */
export async function initialiseCluster(
  folder: DataFolder,
  binaries: PostgresBinaries,
  durable: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await exists(folder.cluster)) {
    return;
  }
  const aside = await mkdtemp(join(folder.path, 'initdb-'));
  const cluster = join(aside, 'cluster');
  const passwordFile = join(aside, 'password');
  try {
    await mkdir(cluster, { mode: 0o700 });
    await writeFile(passwordFile, `${folder.password}\n`, { mode: 0o600 });
    if (folder.runAs !== undefined) {
      const { uid, gid } = folder.runAs;
      await Promise.all([aside, cluster, passwordFile].map((path) => chown(path, uid, gid)));
    }
    await runInitdb(binaries.initdb, cluster, passwordFile, folder, durable, signal);
    await rename(cluster, folder.cluster).catch(async (cause: unknown) => {
      if (!(await exists(folder.cluster))) {
        throw new EmbeddedPostgresError('INITDB_FAILED', `Cannot move the new cluster to ${folder.cluster}.`, {
          cause,
        });
      }
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function runInitdb(
  initdb: string,
  cluster: string,
  passwordFile: string,
  folder: DataFolder,
  durable: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const flags = [
    `--pgdata=${cluster}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The builtin provider sorts and folds case the same on every machine, whatever locales are installed.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync', '--no-data-checksums', '--wal-segsize=1']),
  ];
  try {
    await run(initdb, flags, {
      ...folder.runAs,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      timeout: INITDB_LIMIT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
    if (signal?.aborted === true) {
      throw new EmbeddedPostgresError('ABORTED', 'Starting PostgreSQL was aborted.', { cause });
    }
    const said =
      typeof cause === 'object' && cause !== null && 'stderr' in cause ? String(cause.stderr).trim() : String(cause);
    throw new EmbeddedPostgresError('INITDB_FAILED', `initdb failed in ${folder.path}: ${said}`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
