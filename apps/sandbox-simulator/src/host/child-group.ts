import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import { CHILD_LINE_MAX_BYTES, KILL_AFTER_MS } from '../limits.js';

export interface ChildGroupOptions {
  /** Path of the Node program and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly onMessage: (message: unknown) => void;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A Node program and all that it starts, as one process group: when the program ends, the group is killed. The
 * program gets a channel (`process.on('disconnect')`) by which it notices that this process is gone.
 */
export class ChildGroup {
  readonly #child: ChildProcess;
  /** Resolves when the program has ended and its group is gone; a program that could not start counts as ended. */
  readonly exited: Promise<ChildEnd>;
  #ended = false;

  constructor(options: ChildGroupOptions) {
    this.#child = spawn(process.execPath, [...options.args], {
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    });
    if (this.#child.stdout !== null) readLines(this.#child.stdout, options.onLine);
    if (this.#child.stderr !== null) readLines(this.#child.stderr, options.onLine);
    this.#child.on('message', options.onMessage);
    this.exited = new Promise((resolve) => {
      this.#child.once('error', () => {
        this.#finish();
        resolve({ code: null, signal: null });
      });
      this.#child.once('exit', (code, signal) => {
        this.#finish();
        resolve({ code, signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the program to end, kills the group when it does not in time, resolves when it is gone. */
  async close(): Promise<void> {
    if (!this.#ended) {
      const killTimer = setTimeout(() => {
        this.destroy();
      }, KILL_AFTER_MS);
      this.#child.kill('SIGTERM');
      await this.exited;
      clearTimeout(killTimer);
    }
  }

  /** Kills the whole group. */
  destroy(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  }

  #finish(): void {
    this.#ended = true;
    this.destroy();
    if (this.#child.connected) this.#child.disconnect();
  }
}

/** Calls `onLine` for each line of a child's output. What goes beyond the longest line is dropped. */
function readLines(output: Readable, onLine: (line: string) => void): void {
  let unfinished = '';
  output.setEncoding('utf8');
  output.on('data', (chunk: string) => {
    const lines = `${unfinished}${chunk}`.split('\n');
    unfinished = (lines.pop() ?? '').slice(0, CHILD_LINE_MAX_BYTES);
    for (const line of lines) if (line !== '') onLine(line.slice(0, CHILD_LINE_MAX_BYTES));
  });
  output.once('end', () => {
    if (unfinished !== '') onLine(unfinished);
  });
}

/** Levels of a pino line from warning up, by label and by number. */
const WARNING_LEVELS: readonly unknown[] = ['warn', 'error', 'fatal', 40, 50, 60];

/** A child's JSON line as an object, or `undefined`. */
export function parseChildLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

/** Copies a child's line into our log: its warnings and plain text as warnings, the rest at debug level. */
export function logChildLine(logger: Logger, line: string): void {
  const parsed = parseChildLine(line);
  if (parsed === undefined || WARNING_LEVELS.includes(parsed['level']))
    logger.warn({ line: parsed ?? line }, 'output of a child process');
  else logger.debug({ line: parsed }, 'output of a child process');
}

/** What a Node program needs of its surroundings to run at all; everything else is the container's own. */
const ESSENTIALS = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'NODE_EXTRA_CA_CERTS'] as const;

/** Of this process' environment only what a child cannot do without: no token of the host, no test setting. */
export function essentialEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of ESSENTIALS) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/**
 * The environment of a container from the `NAME=value` pairs of its runner. Of a name that comes twice the last value
 * counts (wolf-api §4.4); a pair without `=` sets nothing. A simulated container is a process of this very machine, so what
 * would make Node load code (`NODE_OPTIONS` and its like) stays out.
 */
export function containerEnvironment(pairs: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0 && !pair.startsWith('NODE_')) environment[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return environment;
}
