import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { PROBE_LIMIT_MS } from './limits.js';

const run = promisify(execFile);

/** What the server's programs are given: none of the API's environment, which holds tokens that PostgreSQL has no use for. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** The user PostgreSQL runs as when this process is root, which PostgreSQL refuses to be. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

/** The kernel's overflow user: it exists as a number even where no user database does. */
const OVERFLOW_ID = 65_534;

/**
 * `undefined` when this process is not root. As root: the existing user `postgres`, else `nobody`, else the overflow
 * id; users are never created.
 */
export async function chooseRunAs(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  return (await findUser('postgres')) ?? (await findUser('nobody')) ?? { uid: OVERFLOW_ID, gid: OVERFLOW_ID };
}

async function findUser(name: string): Promise<RunAs | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name], { timeout: PROBE_LIMIT_MS })).stdout)),
    );
    return uid !== undefined && gid !== undefined && uid > 0 && Number.isInteger(gid) ? { uid, gid } : undefined;
  } catch {
    return undefined;
  }
}

/** Every folder from the root down to `path` itself. */
export function foldersDownTo(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...foldersDownTo(parent), path];
}

/**
 * The first of `paths` for which the server's user fails the shell test (`-x`: may enter or execute, `-r`: may read), or
 * `undefined`. The kernel is asked as that user, so access lists and `noexec` mounts count too. Rejects with
 * `BINARIES_UNUSABLE` when this process may not change to that user.
 */
export async function firstRefused(
  runAs: RunAs | undefined,
  test: '-x' | '-r',
  paths: readonly string[],
): Promise<string | undefined> {
  const script = `for path; do [ ${test} "$path" ] || { printf %s "$path"; exit 0; }; done`;
  try {
    const { stdout } = await run('/bin/sh', ['-c', script, 'sh', ...paths], {
      ...runAs,
      cwd: '/',
      timeout: PROBE_LIMIT_MS,
    });
    return stdout === '' ? undefined : stdout;
  } catch (cause) {
    const who = runAs === undefined ? 'this user' : `uid ${runAs.uid}`;
    throw new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `Cannot run programs as ${who} (PostgreSQL refuses to run as root). Start the API as another user, or set DATABASE_URL.`,
      { cause },
    );
  }
}
