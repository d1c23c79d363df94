import type { Readable } from 'node:stream';
import { ExternalAgentError } from '../external-agent-error.js';

/** A part of the budget that grows with what is read. */
export interface ByteShare {
  /** @throws ExternalAgentError BUSY past the budget; then nothing was added */
  add(byteCount: number): void;
  /** Gives back what was added. Idempotent. */
  release(): void;
}

/**
 * How many bytes on their way from and to desktops may be held at once on one replica, for any caller: while they are
 * read, and while they wait for a caller who has not read them yet.
 */
export class ByteBudget {
  readonly #maxBytes: number;
  readonly #held = new Map<object, { readonly byteCount: number; holderCount: number }>();
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  share(): ByteShare {
    let shareBytes = 0;
    return {
      add: (byteCount) => {
        this.#add(byteCount);
        shareBytes += byteCount;
      },
      release: () => {
        this.#heldBytes -= shareBytes;
        shareBytes = 0;
      },
    };
  }

  /**
   * Counts what is kept in memory until the function returned is called, once however often. The same object is counted once,
   * however many hold it: viewers who share a picture wait for the same bytes.
   * @throws ExternalAgentError BUSY past the budget; then nothing is held
   */
  hold(kept: object, byteCount: number): () => void {
    const known = this.#held.get(kept);
    const entry = known ?? { byteCount, holderCount: 0 };
    if (known === undefined) {
      this.#add(byteCount);
      this.#held.set(kept, entry);
    }
    entry.holderCount += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      entry.holderCount -= 1;
      if (entry.holderCount > 0) return;
      this.#held.delete(kept);
      this.#heldBytes -= entry.byteCount;
    };
  }

  /**
   * Counts what comes of the body while `read` collects it; past the budget the body is destroyed with BUSY.
   * `read` must begin to listen before it first waits.
   */
  async during<T>(body: Readable, read: () => Promise<T>): Promise<T> {
    const share = this.share();
    const count = (chunk: Buffer): void => {
      try {
        share.add(chunk.length);
      } catch (error) {
        body.destroy(error instanceof Error ? error : undefined);
      }
    };
    body.on('data', count);
    try {
      return await read();
    } finally {
      body.off('data', count);
      share.release();
    }
  }

  #add(byteCount: number): void {
    if (this.#heldBytes + byteCount > this.#maxBytes) {
      throw new ExternalAgentError('BUSY', 'too much is under way from and to desktops; try again shortly');
    }
    this.#heldBytes += byteCount;
  }
}
