import { Readable } from 'node:stream';
import { STREAM_HIGH_WATER_MARK_BYTES } from '../limits.js';

export interface AnswerBodySource {
  resume(): void;
  /** The reader has left before the end. */
  abandon(): void;
}

/** The body of an answer as a stream that holds its source back. */
export class AnswerBody extends Readable {
  readonly #source: AnswerBodySource;
  #isComplete = false;

  constructor(source: AnswerBodySource) {
    super({ highWaterMark: STREAM_HIGH_WATER_MARK_BYTES });
    this.#source = source;
    // A body may fail before its reader has come to it; the reader still finds the error on the stream.
    this.on('error', ignoreError);
  }

  /** The source has no more. */
  complete(): void {
    this.#isComplete = true;
    this.push(null);
  }

  override _read(): void {
    this.#source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.#isComplete) this.#source.abandon();
    callback(error);
  }
}

function ignoreError(): void {
  return undefined;
}
