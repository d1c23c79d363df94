import { HELD_PAGE_BYTES, REPLAY_COPY_MAX_BYTES, REPLAY_MAX_BYTES } from './limits.js';

/**
 * Received bytes on their way to the reader. While the reader is paused they are held here: the carrier is still read, since PINGs
 * and ACKs come the same way. Held bytes are not acknowledged, so an honest peer stops by itself.
 */
export class InboundQueue {
  readonly #deliver: (bytes: Buffer) => void;
  readonly #onDrained: () => void;
  #deliveredBytes = 0;
  #held: Buffer[] = [];
  /** How many held pieces were delivered before the reader paused again. */
  #deliveredCount = 0;
  #heldBytes = 0;
  /** Where the last held piece grows, and up to where it is filled. */
  #page: Buffer | undefined;
  #pageFill = 0;
  #isPaused = false;
  #isDraining = false;

  /** `onDrained` follows a `resume` that has delivered what was held, or some of it. */
  constructor(deliver: (bytes: Buffer) => void, onDrained: () => void) {
    this.#deliver = deliver;
    this.#onDrained = onDrained;
  }

  get deliveredBytes(): number {
    return this.#deliveredBytes;
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0;
  }

  /** `false`: the peer has sent more than it may have unacknowledged. */
  push(bytes: Buffer): boolean {
    if (!this.#isPaused && this.#heldBytes === 0) {
      this.#deliveredBytes += bytes.length;
      this.#deliver(bytes);
      return true;
    }
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > REPLAY_MAX_BYTES) return false;
    this.#hold(bytes);
    return true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#heldBytes === 0 || this.#isDraining) return;
    this.#isDraining = true;
    // Not within the caller's own turn: it may be in the middle of reading.
    process.nextTick(this.#drain);
  }

  /** Drops held bytes: they were not acknowledged, and are sent again. */
  dropHeld(): void {
    this.#held = [];
    this.#deliveredCount = 0;
    this.#heldBytes = 0;
    this.#page = undefined;
  }

  #hold(bytes: Buffer): void {
    if (bytes.length > REPLAY_COPY_MAX_BYTES) {
      this.#held.push(bytes);
      this.#page = undefined;
      return;
    }
    if (this.#page === undefined || this.#pageFill + bytes.length > this.#page.length) {
      this.#page = Buffer.allocUnsafeSlow(HELD_PAGE_BYTES);
      this.#pageFill = 0;
      this.#held.push(this.#page);
    }
    this.#pageFill += bytes.copy(this.#page, this.#pageFill);
    this.#held[this.#held.length - 1] = this.#page.subarray(0, this.#pageFill);
  }

  readonly #drain = (): void => {
    this.#isDraining = false;
    // Its last piece must not grow any more.
    this.#page = undefined;
    // The reader may pause, and the link may drop what is held, between two pieces.
    for (let bytes = this.#nextHeld(); bytes !== undefined; bytes = this.#nextHeld()) {
      this.#deliveredBytes += bytes.length;
      this.#deliver(bytes);
    }
    this.#onDrained();
  };

  #nextHeld(): Buffer | undefined {
    if (this.#isPaused) return undefined;
    const bytes = this.#held[this.#deliveredCount];
    if (bytes === undefined) {
      this.#held = [];
      this.#deliveredCount = 0;
      return undefined;
    }
    this.#deliveredCount += 1;
    this.#heldBytes -= bytes.length;
    return bytes;
  }
}
