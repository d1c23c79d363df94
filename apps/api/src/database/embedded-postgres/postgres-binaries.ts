import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

import { copyBinaries } from './binaries-copy.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isErrno } from './is-errno.js';
import { firstRefused, foldersDownTo, type RunAs } from './run-as.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds PostgreSQL's programs in the platform package of `embedded-postgres`. When the server's user cannot use them in
 * place (the checkout lies in /root, or was installed with a tight umask), or the libraries' links cannot be made
 * there (a read-only installation without install scripts), they are run from a copy under the temporary folder.
 *
 * Rejects with `BINARIES_UNUSABLE`.
 */
export async function findPostgresBinaries(runAs: RunAs | undefined): Promise<PostgresBinaries> {
  const native = findNativeFolder();
  if ((await linkLibraries(native)) && (await isUsable(native, runAs))) {
    return programsOf(native);
  }
  const copy = await copyBinaries(
    native,
    async (folder) => (await linkLibraries(folder)) && (await isUsable(folder, runAs)),
  );
  return programsOf(copy);
}

function findNativeFolder(): string {
  const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // Resolved from where embedded-postgres lies: the platform package is its dependency, not ours.
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(platformPackage);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_UNUSABLE',
      `No embedded PostgreSQL for this platform (${platformPackage} is not installed). Set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Packages cannot carry symbolic links; an install script makes them, unless scripts are off. False: not possible here. */
async function linkLibraries(native: string): Promise<boolean> {
  for (const { source, target } of await readLinks(native)) {
    try {
      await symlink(basename(source), join(native, '..', target));
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) {
        return false;
      }
    }
  }
  return true;
}

async function readLinks(native: string): Promise<readonly { source: string; target: string }[]> {
  let text: string;
  try {
    text = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  } catch {
    return [];
  }
  return JSON.parse(text) as readonly { source: string; target: string }[];
}

async function isUsable(native: string, runAs: RunAs | undefined): Promise<boolean> {
  const { initdb, postgres } = programsOf(native);
  try {
    await access(postgres);
  } catch {
    return false;
  }
  const entered = [...foldersDownTo(join(native, 'bin')), join(native, 'lib'), join(native, 'share')];
  return (
    (await firstRefused(runAs, '-x', [...entered, initdb, postgres])) === undefined &&
    (await firstRefused(runAs, '-r', [initdb, postgres])) === undefined
  );
}

function programsOf(native: string): PostgresBinaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}
