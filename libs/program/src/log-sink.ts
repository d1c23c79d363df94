import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { LOG_QUEUE_MAX_BYTES, LOG_QUEUE_RESUME_BYTES } from './limits.js';

/** How soon a reader that was slow is tried again. A pipe holds 64 KiB. */
const RETRY_MS = 50;
/** How soon a destination that failed is tried again when no line comes meanwhile. */
const REPORT_MS = 1_000;
const FLUSH_POLL_MS = 10;

const NEWLINE = Buffer.from('\n');

interface Piece {
  readonly bytes: Buffer;
  /** How many lines are lost when this is: of a report, those that it reports. */
  readonly lineCount: number;
  writtenBytes: number;
}

export interface LogSinkOptions {
  /** Has to answer EAGAIN where a write would wait. */
  readonly fd: number;
  /** The line, with its end, which says that lines were lost. `code` is why the last of them was. */
  readonly reportOf: (lineCount: number, code: string) => string;
}

/**
 * Where log lines go. `write` never throws and never waits: what the destination does not take now is kept up to a bound, and
 * what fails (ENOSPC, EIO, EPIPE) is lost and counted. Once the destination works again it says how many lines were.
 *
 * Not pino's own destination (sonic-boom): its `flushSync`, which `logger.fatal` calls, tries for ever on a full disk; with
 * `sync` a full pipe puts the thread to sleep; without it a thread of the pool waits in the write, and `process.exit` for that thread.
 */
export class LogSink {
  readonly #fd: number;
  readonly #reportOf: LogSinkOptions['reportOf'];
  #queue: Piece[] = [];
  #queuedBytes = 0;
  #lostCount = 0;
  #lossCode = '';
  /** True when the last thing written is a line without its end. */
  #isTorn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({ fd, reportOf }: LogSinkOptions) {
    this.#fd = fd;
    this.#reportOf = reportOf;
  }

  /** Takes a whole line with its end. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    const roomBytes = (this.#lostCount > 0 ? LOG_QUEUE_RESUME_BYTES : LOG_QUEUE_MAX_BYTES) - this.#queuedBytes;
    if (bytes.length > roomBytes) {
      this.#lose(1, 'EAGAIN');
    } else {
      this.#queueReport();
      this.#enqueue({ bytes, lineCount: 1, writtenBytes: 0 });
    }
    this.#drain();
  }

  /** Resolves when the destination has taken all, or after `limitMs`: before an exit, which would lose the rest. */
  async flush(limitMs: number): Promise<void> {
    const endsAt = performance.now() + limitMs;
    while (this.#queue.length > 0 && performance.now() < endsAt) {
      await pause(FLUSH_POLL_MS);
      this.#drain();
    }
  }

  #enqueue(piece: Piece): void {
    this.#queue.push(piece);
    this.#queuedBytes += piece.bytes.length;
  }

  #queueReport(): void {
    if (this.#lostCount === 0) return;
    const bytes = Buffer.from(this.#reportOf(this.#lostCount, this.#lossCode));
    this.#enqueue({ bytes, lineCount: this.#lostCount, writtenBytes: 0 });
    this.#lostCount = 0;
  }

  #lose(lineCount: number, code: string): void {
    this.#lostCount += lineCount;
    this.#lossCode = code;
  }

  #drain(): void {
    clearTimeout(this.#timer);
    let hasFailed = false;
    let waitsForReader = false;
    for (let piece = this.#queue[0]; piece !== undefined && !waitsForReader; piece = this.#queue[0]) {
      const outcome = this.#writeSome(piece);
      if (outcome === 'waits') waitsForReader = true;
      else if (outcome === 'failed') hasFailed = true;
      if (this.#queue.length === 0 && !hasFailed) this.#queueReport();
    }
    if (waitsForReader || this.#lostCount > 0) {
      this.#timer = setTimeout(
        () => {
          if (!waitsForReader) this.#queueReport();
          this.#drain();
        },
        waitsForReader ? RETRY_MS : REPORT_MS,
      ).unref();
    }
  }

  #writeSome(piece: Piece): 'wrote' | 'waits' | 'failed' {
    try {
      if (this.#isTorn && piece.writtenBytes === 0) {
        writeSync(this.#fd, NEWLINE);
        this.#isTorn = false;
      }
      piece.writtenBytes += writeSync(this.#fd, piece.bytes, piece.writtenBytes);
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
      if (code === 'EAGAIN' || code === 'EINTR') return 'waits';
      if (piece.writtenBytes > 0) this.#isTorn = true;
      this.#dropFirst();
      this.#lose(piece.lineCount, code);
      return 'failed';
    }
    if (piece.writtenBytes === piece.bytes.length) this.#dropFirst();
    return 'wrote';
  }

  #dropFirst(): void {
    this.#queuedBytes -= this.#queue.shift()?.bytes.length ?? 0;
  }
}
