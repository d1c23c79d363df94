import { Duplex } from 'node:stream';
import { reportDefect } from './defect.js';
import { CUT_STREAM_READ_LIMIT_MS } from './limits.js';
import { RevDialError } from './revdial-error.js';

/**
 * What all byte streams of the tunnel promise to those around them:
 *
 * - A subclass pushes when bytes arrive or in a tick of its own, never within `read()`: the end is told to listeners at once, and a
 *   reader that reads in a loop (undici) would be called again in the middle of handing on what it has just read.
 * - A listener that throws ends this stream. Node would let it pass to whatever delivered the bytes, or to the whole process.
 * - Bytes that came before a cut are good. The reader gets them first, then the error, and never an end.
 */
export abstract class TunnelStream extends Duplex {
  #cutError: Error | undefined;
  #isEndBeforeCut = false;

  /** Received and not read yet. */
  get unreadBytes(): number {
    return this.readableLength;
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    // Without a listener Node would throw the stream's own error. Its 'close' follows, which its owner hears.
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

  /** The far side has cut it and reads nothing any more, but the reader still gets what came before. Writes are to be dropped. */
  protected get isCut(): boolean {
    return this.#cutError !== undefined;
  }

  /** Fails with this error once everything is read, and within a limit. `hasEnded`: the end came before the cut, and is read too. */
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

  /** For the callbacks of writes, which lead to those of whoever wrote. */
  protected callBack(callback: ((error?: Error | null) => void) | undefined, error: Error | null): void {
    try {
      callback?.(error);
    } catch (thrown) {
      reportDefect('the callback of a write', thrown);
      this.destroy(new RevDialError('DIAL_ABORTED', 'the callback of a write failed', { cause: thrown }));
    }
  }

  /** Some of it was read, or may have been. */
  protected noteRead(): void {
    if (this.#cutError === undefined || this.#isEndBeforeCut || this.unreadBytes > 0) return;
    const error = this.#cutError;
    // The reader has the last piece in hand.
    process.nextTick(() => this.destroy(error));
  }
}
