import { STREAM_WINDOW_INITIAL_BYTES } from './limits.js';

const GROWS_WITHIN_ROUND_TRIPS = 3;

/**
 * How much the peer may send on one stream. Credit for bytes that were read is returned half a window at a time. A window that was
 * read within a few round trips (with halves it takes two) slows the sender down, so it doubles, within the budget of the link.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget;
  readonly #maxBytes: number;
  #sizeBytes = STREAM_WINDOW_INITIAL_BYTES;
  /** What the peer may still send. */
  #leftBytes = STREAM_WINDOW_INITIAL_BYTES;
  /** Read, and not given back yet. */
  #dueBytes = 0;
  #roundBytes = 0;
  #roundBeganAtMs: number | undefined;

  constructor(budget: WindowBudget, maxBytes: number) {
    this.#budget = budget;
    this.#maxBytes = maxBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The peer sends a frame; false when it is longer than the window. */
  take(byteCount: number): boolean {
    if (byteCount > this.#leftBytes) return false;
    this.#leftBytes -= byteCount;
    this.#roundBeganAtMs ??= performance.now();
    return true;
  }

  /** Bytes were read. Returns the credit to send now, or 0. */
  release(byteCount: number, roundTripMs: () => number | undefined): number {
    this.#dueBytes += byteCount;
    this.#roundBytes += byteCount;
    if (this.#dueBytes * 2 < this.#sizeBytes) return 0;
    if (this.#roundBytes >= this.#sizeBytes) this.#endRound(roundTripMs());
    const credit = this.#dueBytes;
    this.#dueBytes = 0;
    this.#leftBytes += credit;
    return credit;
  }

  /** The stream is over: what the window had grown by returns to the budget. */
  close(): void {
    this.#budget.giveBack(this.#sizeBytes - STREAM_WINDOW_INITIAL_BYTES);
    this.#sizeBytes = STREAM_WINDOW_INITIAL_BYTES;
  }

  #endRound(roundTripMs: number | undefined): void {
    const now = performance.now();
    const tookMs = now - (this.#roundBeganAtMs ?? now);
    this.#roundBytes = 0;
    this.#roundBeganAtMs = now;
    if (roundTripMs === undefined || tookMs > GROWS_WITHIN_ROUND_TRIPS * roundTripMs) return;
    const growth = Math.min(this.#sizeBytes, this.#maxBytes - this.#sizeBytes);
    if (growth <= 0 || !this.#budget.take(growth)) return;
    this.#sizeBytes += growth;
    this.#dueBytes += growth;
  }
}

/** How many bytes the windows of one link may grow by, together. */
export class WindowBudget {
  #leftBytes: number;

  constructor(byteCount: number) {
    this.#leftBytes = byteCount;
  }

  /** All of it or nothing. */
  take(byteCount: number): boolean {
    if (byteCount > this.#leftBytes) return false;
    this.#leftBytes -= byteCount;
    return true;
  }

  giveBack(byteCount: number): void {
    this.#leftBytes += byteCount;
  }
}
