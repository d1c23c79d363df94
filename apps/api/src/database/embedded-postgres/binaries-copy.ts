import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/**
 * Copies the `native` folder once to a temporary folder and returns the copy, named by what is in the original, so that
 * another version gets another copy. `prepare` makes a copy ready and tells whether the server's user can run it there.
 *
 * The temporary folder is writable for all, so a copy is trusted only when this user made it, and used only when it still
 * holds every file (cleaners of temporary folders take files one by one). Rejects with `BINARIES_UNUSABLE`.
 */
export async function copyBinaries(native: string, prepare: (native: string) => Promise<boolean>): Promise<string> {
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
