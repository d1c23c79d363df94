import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { killChild, spawnProgram, spawnScript, stopChild } from './child-processes.js';

const READY_TIMEOUT_MS = 60_000;

/** Last lines of a process that failed to start, to be shown. */
const TAIL_LINES = 20;

export interface BenchChildOptions {
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process of the bed: ready when it has printed its `ready` line. */
export class BenchChild {
  readonly ready: Readonly<Record<string, unknown>>;
  /** Resolves with how it ended, when it has; a program that is not there ends at once. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: Readonly<Record<string, unknown>> = {}) {
    this.#child = child;
    this.ready = ready;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        resolve(signal ?? `exit code ${String(code)}`);
      });
    });
  }

  /** A process that says nothing when it is ready. What it logs goes to this process's standard error. */
  static startQuiet(script: string, { args = [], environment = {} }: BenchChildOptions = {}): BenchChild {
    return new BenchChild(spawnScript(script, args, environment, ['ignore', 2, 2]));
  }

  /** The same of any program. */
  static startProgram(program: string, args: readonly string[]): BenchChild {
    return new BenchChild(spawnProgram(program, args, {}, ['ignore', 2, 2]));
  }

  /** Rejects when the process ends, or a minute passes, before it is ready. */
  static async start(script: string, { args = [], environment = {} }: BenchChildOptions = {}): Promise<BenchChild> {
    const child = spawnScript(script, args, environment, 'pipe');
    const tail: string[] = [];
    const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const fail = (why: string): void => {
        child.kill('SIGKILL');
        reject(new Error(`${script} ${why}:\n${tail.join('\n')}`));
      };
      const timer = setTimeout(() => {
        fail('is not ready in time');
      }, READY_TIMEOUT_MS);
      child.once('error', reject);
      child.once('close', () => {
        clearTimeout(timer);
        fail('ended before it was ready');
      });
      const onLine = (line: string): void => {
        tail.push(line);
        if (tail.length > TAIL_LINES) tail.shift();
        if (!line.includes('"msg":"ready"')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line) as Record<string, unknown>);
      };
      for (const stream of [child.stdout, child.stderr]) {
        let rest = '';
        stream?.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          lines.forEach(onLine);
        });
      }
    });
    return new BenchChild(child, ready);
  }

  /** Cut as by a crash. */
  kill(): Promise<void> {
    return killChild(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when it has ended. Idempotent. */
  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}

/** Runs a process that reads one JSON job on standard input and prints its result as one JSON line. */
export async function runJob(script: string, job: unknown): Promise<unknown> {
  const child = spawnScript(script, [], {}, ['pipe', 'pipe', 'inherit']);
  if (child.stdin === null || child.stdout === null) throw new Error('a process without pipes');
  const closed = once(child, 'close') as Promise<[number | null]>;
  child.stdin.end(JSON.stringify(job));
  // A process that dies prints half of it or nothing; how it ended says more.
  const output = json(child.stdout).catch(() => undefined);
  const [code] = await closed;
  if (code !== 0) throw new Error(`${script} failed`);
  return output;
}
