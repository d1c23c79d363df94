import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { link, open, readFile, readlink, rename, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { DataFolder } from './data-folder.js';
import { EmbeddedPostgresError, isErrno } from './embedded-postgres-error.js';
import {
  LOG_ROTATE_BYTES,
  LOG_TAIL_BYTES,
  MAX_CONNECTIONS,
  PID_FILE_SETTLE_MS,
  PROBE_LIMIT_MS,
  READY_POLL_MS,
  STOP_FAST_LIMIT_MS,
  STOP_IMMEDIATE_LIMIT_MS,
  STOP_KILL_LIMIT_MS,
} from './limits.js';
import { SERVER_ENVIRONMENT } from './run-as.js';

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

/** A server process that was just started; `exited` resolves when it ends, never rejects. */
export interface LaunchedPostmaster {
  readonly pid: number | undefined;
  readonly exited: Promise<string>;
  /** Where this launch's part of the log begins. */
  readonly logFromByte: number;
  hasExited(): boolean;
}

/**
 * Starts the server process: on the loopback only, no Unix socket, its own session, so that a Ctrl-C meant for the API
 * does not end the database before the API has drained. Its log goes to a file, so that it outlives this process unharmed.
 */
export async function launchPostmaster(
  postgres: string,
  folder: DataFolder,
  port: number,
  durable: boolean,
): Promise<LaunchedPostmaster> {
  await setLargeLogAside(folder.logFile);
  const log = await open(folder.logFile, 'a', 0o600);
  try {
    const logFromByte = (await log.stat()).size;
    const child = spawn(postgres, ['-D', folder.cluster, '-p', String(port), ...settings(durable)], {
      ...folder.runAs,
      cwd: '/',
      env: SERVER_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    return watch(child, logFromByte);
  } finally {
    await log.close();
  }
}

function settings(durable: boolean): readonly string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    `max_connections=${MAX_CONNECTIONS}`,
    'timezone=UTC',
    'log_timezone=UTC',
    'log_checkpoints=off',
    // An error's statement would carry its values into the log.
    'log_min_error_statement=panic',
    // Parallel queries take shared memory, of which containers have 64 MB; our queries are small.
    'max_parallel_workers_per_gather=0',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

function watch(child: ChildProcess, logFromByte: number): LaunchedPostmaster {
  let isOver = false;
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      isOver = true;
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      isOver = true;
      resolve(signal === null ? `exit code ${String(code)}` : `ended by ${signal}`);
    });
  });
  return { pid: child.pid, exited, logFromByte, hasExited: () => isOver };
}

async function setLargeLogAside(file: string): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (stats !== undefined && stats.size > LOG_ROTATE_BYTES) {
    await rename(file, `${file}.1`);
  }
}

/** What the server wrote to its log since `fromByte`, at most the last LOG_TAIL_BYTES of it. */
export async function readLog(file: string, fromByte: number): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const lengthBytes = Math.max(0, Math.min(size - fromByte, LOG_TAIL_BYTES));
      const { buffer } = await handle.read(Buffer.alloc(lengthBytes), 0, lengthBytes, size - lengthBytes);
      return buffer.toString('utf8').trim();
    } finally {
      await handle.close();
    }
  } catch {
    return '(no log)';
  }
}

/** A port that was free a moment ago; should another program take it, the launch fails and is repeated with a new one. */
export async function findFreePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      if (wanted === 0) {
        reject(error);
      } else {
        resolve(findFreePort());
      }
    });
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : wanted);
      });
    });
  });
}
