/**
 * Outlives the test run by a moment: when standard input ends, stops the server under the folder given as argument,
 * if it still runs, and removes the folder. Depends on nothing that a build could remove meanwhile.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** An immediate shutdown takes milliseconds; its files are thrown away, so nothing is worth waiting longer for. */
const STOP_LIMIT_MS = 5_000;

/** A server that was being launched when the run was killed writes its pid file within this time. */
const LATE_START_MS = 1_000;

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error('usage: postgres-watchdog.mjs <folder>');
}
const pidFile = join(folder, 'cluster', 'postmaster.pid');

process.stdin.resume();
process.stdin.once('error', () => undefined);
process.stdin.once('close', () => void finish());

async function finish() {
  const pid = await findServer();
  if (pid !== undefined) {
    signal(pid, 'SIGQUIT');
    await untilGone(pid);
    if (existsSync(pidFile)) {
      signal(pid, 'SIGKILL');
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function findServer() {
  const endAt = Date.now() + LATE_START_MS;
  while (Date.now() < endAt) {
    try {
      const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
      return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
    } catch {
      await pause(50);
    }
  }
  return undefined;
}

async function untilGone(pid) {
  const endAt = Date.now() + STOP_LIMIT_MS;
  // The server's last act is to remove its pid file; its number may stay until it is reaped.
  while (Date.now() < endAt && existsSync(pidFile) && signal(pid, 0)) {
    await pause(20);
  }
}

function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
