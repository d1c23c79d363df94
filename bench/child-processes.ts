import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, seen from the built benchmark. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The API drains for 8 s and then stops its database; a process that takes longer hangs. */
const STOP_TIMEOUT_MS = 20_000;

const running = new Set<ChildProcess>();
let isStopping = false;

// The last resort: a benchmark that ends in whatever way leaves no process behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** As API and agent are started in production: without it V8 tosses a coin whether pictures cost a collection each (docs/performance.md). */
const NODE_FLAGS = ['--initial-old-space-size=128'];

/** Calls back once, with the exit code of the signal. Further signals change nothing: npm passes on what the terminal has sent too. */
export function whenAskedToEnd(callback: (exitCode: number) => void): void {
  let isAsked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isAsked) return;
      isAsked = true;
      callback(128 + os.constants.signals[signal]);
    });
  }
}

/** Starts a script of the repository with Node, in an environment of its own. */
export function spawnScript(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdio: StdioOptions,
): ChildProcess {
  return spawnProgram(process.execPath, [...NODE_FLAGS, path.join(ROOT, script), ...args], environment, stdio);
}

export function spawnProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdio: StdioOptions,
): ChildProcess {
  if (isStopping) throw new Error('the benchmark is being stopped');
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio,
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Resolves when the process has ended, without having been asked. */
export async function killChild(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** Resolves when the process has ended: asked first, and killed when that takes too long. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** Stops all, the newest first, and lets no other begin. */
export async function stopAllChildren(): Promise<void> {
  isStopping = true;
  for (const child of [...running].reverse()) await stopChild(child);
}
