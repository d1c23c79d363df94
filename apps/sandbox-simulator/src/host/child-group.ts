import { type ChildProcess, spawn } from 'node:child_process';

import { KILL_AFTER_MS } from '../limits.js';
import { readLines } from './output-lines.js';

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
 * A Node program and whatever it starts, as one process group, so that the end of the first is the end of all. The
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
      const patience = setTimeout(() => {
        this.destroy();
      }, KILL_AFTER_MS);
      this.#child.kill('SIGTERM');
      await this.exited;
      clearTimeout(patience);
    }
  }

  /** Kills the whole group. */
  destroy(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // Nobody of the group is left.
    }
  }

  #finish(): void {
    this.#ended = true;
    this.destroy();
    if (this.#child.connected) this.#child.disconnect();
  }
}
