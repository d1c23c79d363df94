import { createHash } from 'node:crypto';
import { access, chmod, cp, lstat, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { EmbeddedPostgresError, isErrno } from './embedded-postgres-error.js';
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

/**
 * Copies the `native` folder once to a temporary folder and returns the copy, named by what is in the original, so that
 * another version gets another copy. `prepare` makes a copy ready and tells whether the server's user can run it there.
 *
 * The temporary folder is writable for all, so a copy is trusted only when this user made it, and used only when it still
 * holds every file (cleaners of temporary folders take files one by one). Rejects with `BINARIES_UNUSABLE`.
 */
async function copyBinaries(native: string, prepare: (native: string) => Promise<boolean>): Promise<string> {
  const wanted = await fingerprint(native);
  const faults: string[] = [];
  for (const base of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    try {
      const copy = await copyTo(base, native, wanted);
      if (await prepare(copy)) {
        return copy;
      }
      faults.push(`${base}: the server's user cannot run programs there`);
    } catch (error) {
      faults.push(`${base}: ${String(error)}`);
    }
  }
  throw new EmbeddedPostgresError(
    'BINARIES_UNUSABLE',
    `The server's user can use PostgreSQL's programs neither in ${native} nor from a copy (${faults.join('; ')}). ` +
      'Set DATABASE_URL, or put the checkout into a folder that all users may enter.',
  );
}

async function copyTo(base: string, native: string, wanted: string): Promise<string> {
  const home = join(base, `helix-postgres-${String(process.getuid?.() ?? 0)}-${wanted}`);
  const copy = join(home, 'native');
  if (await isWhole(home, copy, wanted)) {
    return copy;
  }
  const fresh = await mkdtemp(`${home}.`);
  try {
    await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    await openToAll(fresh);
    await rm(home, { recursive: true, force: true });
    await rename(fresh, home);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process may have put the same copy there between our look and our rename.
    if (!(await isWhole(home, copy, wanted))) {
      throw error;
    }
  }
  return copy;
}

async function isWhole(home: string, copy: string, wanted: string): Promise<boolean> {
  try {
    const stats = await lstat(home);
    const isOurs = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
    return isOurs && (await fingerprint(copy)) === wanted;
  } catch {
    return false;
  }
}

/** Names and sizes of all plain files; the links are left out since they are made later. */
async function fingerprint(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath, entry.name);
      lines.push(`${path.slice(folder.length)} ${String((await lstat(path)).size)}`);
    }
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex').slice(0, 12);
}

/** Readable for every user, writable for none but us, whatever the umask and the original's modes are. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) {
      await chmod(path, 0o755);
    } else if (entry.isFile()) {
      await chmod(path, basename(entry.parentPath) === 'bin' ? 0o755 : 0o644);
    }
  }
}
