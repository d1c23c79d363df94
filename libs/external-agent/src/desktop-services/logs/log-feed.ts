import type { Readable } from 'node:stream';
import { LIMITS } from '../../limits.js';
import { parseLogLine } from './log-entry.js';
import { LogLineReader } from './log-line-reader.js';
import { LogQueue, type TakenEntries } from './log-queue.js';

/**
 * A log as it grows. It is read as fast as it comes, so that a reader who is slow never holds up the desktop that writes
 * it; what the reader has not taken waits in a bounded queue, from which the oldest lines go first, counted.
 */
export class LogFeed {
  readonly #body: Readable;
  readonly #lines = new LogLineReader(LIMITS.logLineMaxLength);
  readonly #queue = new LogQueue(LIMITS.logQueueMaxLines, LIMITS.logQueueMaxLength);
  /** Resolves when the log has ended or was destroyed. */
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #wake: (() => void) | undefined;
  #endCode: string | undefined;

  constructor(body: Readable) {
    this.#body = body;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    // It may have failed before this reader came to it, and then emits no more.
    if (body.destroyed) this.#end(codeOf(body.errored));
    body.on('data', (bytes: Buffer) => {
      this.#push(this.#lines.push(bytes));
    });
    body.once('end', () => {
      this.#push(this.#lines.end());
      this.#end('ENDED');
    });
    body.once('error', (error: Error) => {
      this.#end(codeOf(error));
    });
    body.once('close', () => {
      this.#end('LINK_LOST');
    });
  }

  /** Why no more comes: ENDED by the desktop, a code of the tunnel, or what `destroy` was told; `undefined` before that. */
  get endCode(): string | undefined {
    return this.#endCode;
  }

  /**
   * What has come since the last time; waits until there is something, the feed has ended, or `patienceMs` are over, and
   * then may be empty. For one reader.
   */
  async take(patienceMs: number): Promise<TakenEntries> {
    if (this.#queue.isEmpty && this.#endCode === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return this.#queue.take();
  }

  /** Ends it from this side; the stream from the desktop is cut. Idempotent. */
  destroy(code: string): void {
    this.#end(code);
  }

  #push(lines: readonly string[]): void {
    if (lines.length === 0) return;
    for (const line of lines) this.#queue.push(parseLogLine(line));
    this.#wake?.();
  }

  #end(code: string): void {
    if (this.#endCode !== undefined) return;
    this.#endCode = code;
    this.#body.destroy();
    this.#resolveEnded();
    this.#wake?.();
  }
}

function codeOf(error: Error | null): string {
  return error !== null && 'code' in error && typeof error.code === 'string' ? error.code : 'LINK_LOST';
}
