import { execFile } from 'node:child_process';
import { readFile, readlink, rename, rm, link } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { isErrno } from './is-errno.js';
import {
  PID_FILE_SETTLE_MS,
  PROBE_LIMIT_MS,
  READY_POLL_MS,
  STOP_FAST_LIMIT_MS,
  STOP_IMMEDIATE_LIMIT_MS,
  STOP_KILL_LIMIT_MS,
} from './limits.js';

const run = promisify(execFile);

/** A running server of a cluster, as its `postmaster.pid` tells: process id in line 1, port in line 4. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that runs on `cluster` (a real path), if any. A pid file that names no living server of this cluster
 * (stale, garbage, or its number now belongs to another program, as happens in containers) is taken away, since
 * PostgreSQL itself would refuse to start over it.
 */
export async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const file = join(cluster, 'postmaster.pid');
  const text = await readText(file);
  if (text === undefined) {
    return undefined;
  }
  const postmaster = parsePidFile(text);
  if (postmaster !== undefined && (await isRunning(postmaster.pid, cluster))) {
    return postmaster;
  }
  await pause(PID_FILE_SETTLE_MS);
  const later = await readText(file);
  if (later === text) {
    await takeAway(file, text);
    return undefined;
  }
  const settled = later === undefined ? undefined : parsePidFile(later);
  return settled !== undefined && (await isRunning(settled.pid, cluster)) ? settled : undefined;
}

function parsePidFile(text: string): Postmaster | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  const isSane = Number.isSafeInteger(pid) && pid > 1 && Number.isSafeInteger(port) && port > 0 && port < 65_536;
  return isSane ? { pid, port } : undefined;
}

/** Moved aside and looked at again before it is deleted: a server starting at this moment must keep its file. */
async function takeAway(file: string, judged: string): Promise<void> {
  const aside = `${file}.stale.${process.pid}`;
  await rename(file, aside);
  if ((await readText(aside)) !== judged) {
    await link(aside, file);
  }
  await rm(aside);
}

/** Whether `pid` is a server of this cluster: its working folder is PGDATA. Zombies, which have none, count as gone. */
export async function isRunning(pid: number, cluster: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isErrno(error, 'EPERM') && (await isNamed(pid, cluster));
  }
  if (process.platform !== 'linux') {
    return isNamed(pid, cluster);
  }
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === cluster;
  } catch {
    return false;
  }
}

async function isNamed(pid: number, cluster: string): Promise<boolean> {
  try {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)], { timeout: PROBE_LIMIT_MS });
    return stdout.includes('postgres') && stdout.includes(cluster);
  } catch {
    return false;
  }
}

/**
 * Ends the server: fast shutdown, then the immediate one, then SIGKILL, each with a limit. Resolves when it is gone.
 * Rejects with `STOP_FAILED` when it cannot be signalled or does not even die by SIGKILL.
 */
export async function stopPostmaster(pid: number, cluster: string): Promise<void> {
  const steps = [
    ['SIGINT', STOP_FAST_LIMIT_MS],
    ['SIGQUIT', STOP_IMMEDIATE_LIMIT_MS],
    ['SIGKILL', STOP_KILL_LIMIT_MS],
  ] as const;
  for (const [signal, limitMs] of steps) {
    // Asked each time: the number may belong to a stranger as soon as the server is gone.
    if (!(await isRunning(pid, cluster))) {
      return;
    }
    try {
      process.kill(pid, signal);
    } catch (cause) {
      if (await isRunning(pid, cluster)) {
        throw new EmbeddedPostgresError('STOP_FAILED', `Cannot signal PostgreSQL ${pid}; stop it by hand.`, { cause });
      }
      return;
    }
    if (await isGoneWithin(pid, cluster, limitMs)) {
      return;
    }
  }
  throw new EmbeddedPostgresError('STOP_FAILED', `PostgreSQL ${pid} did not end, not even by SIGKILL.`);
}

async function isGoneWithin(pid: number, cluster: string, limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  while (Date.now() < endAt) {
    if (!(await isRunning(pid, cluster))) {
      return true;
    }
    await pause(READY_POLL_MS);
  }
  return false;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
