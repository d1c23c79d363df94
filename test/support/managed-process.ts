import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One of the built programs as a process of its own, with its log at hand for when a test fails. */
export class ManagedProcess {
  readonly exit: Promise<ExitStatus>;
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<(line: string) => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) this.#take(line);
      });
    }
  }

  /** Starts `node <script> <args>` with an environment of nothing but what is given, and PATH. */
  static start(script: string, args: readonly string[], environment: Readonly<Record<string, string>>): ManagedProcess {
    return new ManagedProcess(
      spawn(process.execPath, [path.join(ROOT, script), ...args], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves with the first log line, past or future, whose `msg` is this. Rejects when the process ends before it. */
  async message(msg: string, timeoutMs = 30_000): Promise<Record<string, unknown>> {
    for (const line of this.lines) {
      const entry = parseEntry(line);
      if (entry?.['msg'] === msg) return entry;
    }
    return await new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
      };
      const watch = (line: string): void => {
        const entry = parseEntry(line);
        if (entry?.['msg'] !== msg) return;
        done();
        resolve(entry);
      };
      const fail = (why: string): void => {
        done();
        reject(new Error(`no "${msg}" from the process: ${why}\n${this.lines.slice(-20).join('\n')}`));
      };
      const timer = setTimeout(() => {
        fail(`not within ${String(timeoutMs)} ms`);
      }, timeoutMs);
      this.#watchers.add(watch);
      void this.exit.then((status) => {
        fail(`it ended with ${JSON.stringify(status)}`);
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks the process to stop and resolves with how it did; kills it after `timeoutMs`. */
  async stop(timeoutMs = 15_000): Promise<ExitStatus> {
    if (!this.hasExited) this.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.kill('SIGKILL');
    }, timeoutMs);
    try {
      return await this.exit;
    } finally {
      clearTimeout(timer);
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 2_000) this.lines.shift();
    for (const watch of [...this.#watchers]) watch(line);
  }
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
