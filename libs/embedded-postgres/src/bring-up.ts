import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import type { DataFolder, EmbeddedPostgresLog } from './data-folder.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';
import { LAUNCH_ATTEMPTS, LAUNCH_PAUSE_MS } from './limits.js';
import { OwnerLock } from './owner-lock.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import {
  findFreePort,
  findPostmaster,
  isRunning,
  launchPostmaster,
  readLog,
  stopPostmaster,
  type LaunchedPostmaster,
} from './postmaster.js';

export interface BringUpOptions {
  /** 0 or absent: the port of the last start when it is free, else any free one. */
  readonly port?: number;
  /** False only for tests: nothing is flushed to disk. */
  readonly durable?: boolean;
  readonly log: EmbeddedPostgresLog;
  readonly signal?: AbortSignal;
}

/**
 * What the server says when another launch is worth it: its port was taken meanwhile, another process launched on the
 * same folder first, or a killed predecessor's children still hold its shared memory.
 */
const PASSING_FAULT = /could not bind|lock file "postmaster\.pid"|shared memory block/;

/** A server that answers, with the lock that makes it ours. */
export interface Standing {
  readonly pid: number;
  readonly port: number;
  readonly lock: OwnerLock;
  readonly adopted: boolean;
}

/**
 * Makes a server stand on the folder and be ours: adopts the one that runs there, or launches one. Rejects with an
 * `EmbeddedPostgresError`; then nothing that this call started is left running.
 */
export async function bringUp(
  folder: DataFolder,
  binaries: PostgresBinaries,
  options: BringUpOptions,
): Promise<Standing> {
  const asked = options.port ?? 0;
  let port = asked === 0 ? await findFreePort(await lastPort(folder)) : asked;
  for (let attempt = 1; ; attempt += 1) {
    const adopted = await adopt(folder, options);
    if (adopted !== undefined) {
      return adopted;
    }
    const child = await launchPostmaster(binaries.postgres, folder, port, options.durable ?? true);
    const launched = await settle(child, folder, port, options);
    if (typeof launched !== 'string') {
      return launched;
    }
    const said = await readLog(folder.logFile, child.logFromByte);
    const isPassing = launched === TAKEN_OVER || PASSING_FAULT.test(said);
    if (attempt === LAUNCH_ATTEMPTS || !isPassing) {
      throw new EmbeddedPostgresError('START_FAILED', `PostgreSQL did not start: ${launched}. Its log says:\n${said}`);
    }
    port = asked === 0 ? await findFreePort() : asked;
    await pause(LAUNCH_PAUSE_MS * 2 ** (attempt - 1));
  }
}

/** Takes over a server that stands, or stops it when it is of no use; `undefined` when none is left. */
async function adopt(folder: DataFolder, options: BringUpOptions): Promise<Standing | undefined> {
  const found = await findPostmaster(folder.cluster);
  if (found === undefined) {
    return undefined;
  }
  const { pid, port } = found;
  const claim = await OwnerLock.claim({
    port,
    password: folder.password,
    cluster: folder.cluster,
    isAlive: () => isRunning(pid, folder.cluster),
    signal: options.signal,
  });
  if (claim.outcome === 'in-use') {
    throw new EmbeddedPostgresError(
      'DATA_DIR_IN_USE',
      `Another process runs its database in ${folder.path}. Stop it, set HELIX_DATA_DIR to another folder, ` +
        'or set DATABASE_URL to share one server.',
    );
  }
  if (claim.outcome === 'owned') {
    if (options.port === undefined || options.port === 0 || options.port === port) {
      return { pid, port, lock: claim.lock, adopted: true };
    }
    await claim.lock.release();
  }
  if (claim.outcome !== 'gone') {
    options.log(`stopping the PostgreSQL that was left over (pid ${pid}, port ${port}): ${claim.outcome}`, 'warn');
    await stopPostmaster(pid, folder.cluster);
  }
  return undefined;
}

/** The next look at the folder finds the other's server, and whether that process still lives. */
const TAKEN_OVER = 'another process that started at the same moment has it';

const CLAIM_FAULTS = {
  'not-ours': 'the server at its port does not know the password kept in the data folder',
  silent: 'it did not answer in time',
} as const;

/** Waits for the server just launched; a string says how it ended instead. */
async function settle(
  child: LaunchedPostmaster,
  folder: DataFolder,
  port: number,
  options: BringUpOptions,
): Promise<Standing | string> {
  const { pid } = child;
  if (pid === undefined) {
    return child.exited;
  }
  let isKept = false;
  try {
    const claim = await OwnerLock.claim({
      port,
      password: folder.password,
      cluster: folder.cluster,
      isAlive: () => Promise.resolve(!child.hasExited()),
      signal: options.signal,
    });
    if (claim.outcome === 'owned') {
      // Of two processes that launch at once, the loser's server ends and the winner's may be the one that answered.
      if ((await findPostmaster(folder.cluster))?.pid === pid) {
        isKept = true;
        return { pid, port, lock: claim.lock, adopted: false };
      }
      await claim.lock.release();
      return TAKEN_OVER;
    }
    if (claim.outcome === 'in-use') {
      // A process that started at the same moment took the lock first; the server is its now, also when this process launched it.
      isKept = true;
      return TAKEN_OVER;
    }
    return claim.outcome === 'gone' ? await child.exited : CLAIM_FAULTS[claim.outcome];
  } finally {
    if (!isKept) {
      await stopPostmaster(pid, folder.cluster);
    }
  }
}

async function lastPort(folder: DataFolder): Promise<number> {
  const port = Number(await readFile(folder.portFile, 'utf8').catch(() => '0'));
  return Number.isSafeInteger(port) && port > 0 && port < 65_536 ? port : 0;
}
