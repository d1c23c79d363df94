import { Readable } from 'node:stream';
import { reportDefect } from '../defect.js';
import { STREAM_HIGH_WATER_MARK_BYTES } from '../limits.js';
import { RevDialError } from '../revdial-error.js';

export interface AnswerBodySource {
  /** More is wanted. In a tick of its own: what it brings is pushed at once. */
  resume(): void;
  /** The reader has left before the end. */
  abandon(): void;
}

/** The body of an answer as a stream that holds its source back. */
export class AnswerBody extends Readable {
  readonly #source: AnswerBodySource;
  readonly #resume: () => void;
  #isComplete = false;
  #isResumePlanned = false;

  constructor(source: AnswerBodySource) {
    super({ highWaterMark: STREAM_HIGH_WATER_MARK_BYTES });
    this.#source = source;
    this.#resume = () => {
      this.#isResumePlanned = false;
      if (!this.destroyed && !this.#isComplete) source.resume();
    };
    // A body may fail before its reader has come to it; the reader still finds the error on the stream.
    this.on('error', ignoreError);
  }

  /** The source has no more. */
  complete(): void {
    this.#isComplete = true;
    this.push(null);
  }

  /** As a stream of the tunnel (`TunnelStream`), it is not to be pushed to while it is read. */
  override _read(): void {
    if (this.#isResumePlanned || this.#isComplete) return;
    this.#isResumePlanned = true;
    process.nextTick(this.#resume);
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    try {
      return super.emit(event, ...values);
    } catch (error) {
      reportDefect(`a listener to '${String(event)}' of an answer`, error);
      this.destroy(new RevDialError('DIAL_ABORTED', 'a listener of the answer failed', { cause: error }));
      return true;
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#source.abandon();
    callback(error);
  }
}

function ignoreError(): void {
  return undefined;
}
