import { Duplex } from 'node:stream';
import { reportDefect } from './defect.js';
import { CUT_STREAM_READ_LIMIT_MS } from './limits.js';
import { RevDialError } from './revdial-error.js';

/** Interactive streams (signalling, input, small requests) go before bulk (pictures, files, logs). */
export type StreamClass = 'interactive' | 'bulk';

/**
 * What all byte streams of the tunnel promise (ADR 0016):
 *
 * - A subclass pushes when bytes arrive or in a tick of its own, never within `read()`. Node emits `end` at once, so a reader that
 *   reads in a loop (undici) would be called again while it still handles the piece that it has just read.
 * - A listener that throws ends this stream. Otherwise Node would pass the error to the caller that delivered the bytes, or to the
 *   whole process.
 * - Bytes that came before a cut are valid. The reader gets them first, then the error, and never an end.
 */
export abstract class TunnelStream extends Duplex {
  #cutError: Error | undefined;
  #isEndBeforeCut = false;

  /** Received and not read yet. */
  get unreadBytes(): number {
    return this.readableLength;
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    // Without a listener Node would throw the stream's own error. 'close' follows, and the stream's owner listens to that.
    if (event === 'error' && this.listenerCount('error') === 0) return false;
    try {
      return super.emit(event, ...values);
    } catch (error) {
      reportDefect(`a listener to '${String(event)}' of a stream`, error);
      this.destroy(new RevDialError('DIAL_ABORTED', 'a listener of the stream failed', { cause: error }));
      return true;
    }
  }

  override read(size?: number): unknown {
    const piece: unknown = super.read(size);
    this.noteRead();
    return piece;
  }

  /** The peer has cut the stream and reads nothing more, but the local reader still gets what came before. Writes are to be dropped. */
  protected get isCut(): boolean {
    return this.#cutError !== undefined;
  }

  /** Fails with this error once everything is read, or after a limit. `hasEnded`: the end came before the cut, and is delivered too. */
  protected cutWhenRead(error: Error, hasEnded: boolean): void {
    if (this.destroyed || this.#cutError !== undefined) return;
    if (this.readableEnded || (this.unreadBytes === 0 && !hasEnded)) {
      this.destroy(error);
      return;
    }
    this.#cutError = error;
    this.#isEndBeforeCut = hasEnded;
    if (hasEnded) this.once('end', () => this.destroy(error));
    const timer = setTimeout(() => this.destroy(error), CUT_STREAM_READ_LIMIT_MS).unref();
    this.once('close', () => {
      clearTimeout(timer);
    });
  }

  /** Calls the callback of a write, which runs code of the writer. */
  protected callBack(callback: ((error?: Error | null) => void) | undefined, error: Error | null): void {
    try {
      callback?.(error);
    } catch (thrown) {
      reportDefect('the callback of a write', thrown);
      this.destroy(new RevDialError('DIAL_ABORTED', 'the callback of a write failed', { cause: thrown }));
    }
  }

  /** To be called after a read. */
  protected noteRead(): void {
    if (this.#cutError === undefined || this.#isEndBeforeCut || this.unreadBytes > 0) return;
    const error = this.#cutError;
    // In a tick of its own: the reader is handling the last piece.
    process.nextTick(() => this.destroy(error));
  }
}
