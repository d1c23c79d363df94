import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { firstRefused, foldersDownTo, type RunAs } from './run-as.js';

/** The one role of the embedded server, and its one database. */
export const SUPERUSER = 'helix';
export const DATABASE = 'helix';

export type EmbeddedPostgresLog = (message: string, level: 'info' | 'warn' | 'error') => void;

/**
 * The folder of one embedded server:
 *
 *     <dataDir>/password     0600, ours: made once, never shown
 *               port         the port of the last start, kept so that URLs stay the same
 *               postgres.log
 *               cluster/     0700, the server user's: PGDATA
 */
export interface DataFolder {
  readonly path: string;
  readonly cluster: string;
  readonly portFile: string;
  readonly logFile: string;
  readonly password: string;
  readonly runAs: RunAs | undefined;
}

export function serverUrl(port: number, password: string, database: string): string {
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

/** Where root's data goes when the default folder cannot be entered by the server's user: it survives a restart, and every user may enter it. */
const REACHABLE_HOME = '/var/lib/helix-postgres';

/**
 * Makes the folder ready. `isDefault`: `dataDir` is the default and not a setting. When the server's user cannot enter
 * a default folder, one under `/var/lib/helix-postgres/`, named after `dataDir`, takes its place. A chosen one is never replaced.
 *
 * Rejects with `DATA_DIR_UNREACHABLE` or `DATA_DIR_FOREIGN`.
 */
export async function openDataFolder(
  dataDir: string,
  isDefault: boolean,
  runAs: RunAs | undefined,
  log: EmbeddedPostgresLog,
): Promise<DataFolder> {
  const wanted = await makeFolder(resolve(dataDir), runAs);
  const blocked = await firstRefused(runAs, '-x', foldersDownTo(wanted));
  if (blocked === undefined) {
    return openReachable(wanted, runAs);
  }
  if (!isDefault) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_UNREACHABLE',
      `PostgreSQL refuses to run as root and uid ${String(runAs?.uid)}, which it runs as instead, cannot enter ${blocked} ` +
        `on the way to ${wanted}. Set HELIX_DATA_DIR to a folder outside of it (for example /var/lib/helix), ` +
        `allow entering it with "chmod o+x ${blocked}", start the API as another user, or set DATABASE_URL.`,
    );
  }
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const instead = await makeFolder(join(REACHABLE_HOME, name), runAs);
  log(`using ${instead} for the database: uid ${String(runAs?.uid)} cannot enter ${blocked}`, 'info');
  return openReachable(instead, runAs);
}

async function makeFolder(path: string, runAs: RunAs | undefined): Promise<string> {
  try {
    const firstMade = await mkdir(path, { recursive: true, mode: runAs === undefined ? 0o700 : 0o711 });
    if (runAs !== undefined) {
      // A tight umask must not shut the server out of folders made here; those that stood before are left alone,
      // but for the last one, which is the server's.
      const made =
        firstMade === undefined ? [path] : foldersDownTo(path).filter((folder) => folder.startsWith(firstMade));
      await Promise.all(made.map((folder) => chmod(folder, 0o711)));
    }
    return await realpath(path);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_FOREIGN',
      `Cannot make or use the database folder ${path}. Set HELIX_DATA_DIR to a folder this user may write, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function openReachable(path: string, runAs: RunAs | undefined): Promise<DataFolder> {
  const cluster = join(path, 'cluster');
  const owner = await stat(cluster).catch(() => undefined);
  const uid = process.getuid?.();
  if (owner !== undefined && uid !== undefined && uid !== 0 && owner.uid !== uid) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_FOREIGN',
      `The database in ${cluster} belongs to uid ${owner.uid}, this process is uid ${uid}. ` +
        'Run the API as the same user as before, or set HELIX_DATA_DIR to another folder.',
    );
  }
  return {
    path,
    cluster,
    portFile: join(path, 'port'),
    logFile: join(path, 'postgres.log'),
    password: await readPassword(path, owner !== undefined),
    // A cluster keeps the user it was made by, also when a user "postgres" appears later.
    runAs: runAs !== undefined && owner !== undefined && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : runAs,
  };
}

async function readPassword(path: string, hasCluster: boolean): Promise<string> {
  const file = join(path, 'password');
  if (!hasCluster) {
    // Written aside and linked, so that of two processes starting at once both end up with the same whole password.
    const aside = `${file}.${randomBytes(6).toString('hex')}`;
    await writeFile(aside, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
    await link(aside, file).catch(() => undefined);
    await rm(aside);
  }
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'DATA_DIR_FOREIGN',
      `Cannot read ${file}, without which the database beside it cannot be opened. ` +
        `Restore it, or move ${dirname(file)} away to start with an empty database.`,
      { cause },
    );
  }
}
