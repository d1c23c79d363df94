import { spawn, type ChildProcess } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import { createServer } from 'node:net';

import type { DataFolder } from './data-folder.js';
import { LOG_ROTATE_BYTES, LOG_TAIL_BYTES, MAX_CONNECTIONS } from './limits.js';
import { SERVER_ENVIRONMENT } from './server-identity.js';

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
