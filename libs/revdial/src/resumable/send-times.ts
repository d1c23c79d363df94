import { SEND_TIME_EVERY_BYTES } from './limits.js';

/** When bytes were handed to the carrier, for those that are under way: one time for each few kilobytes. */
export class SendTimes {
  #offsets: number[] = [];
  #timesMs: number[] = [];
  #latestOffset = -Infinity;

  /** Everything before `offset` has been sent by now. */
  note(offset: number, nowMs: number): void {
    if (offset - this.#latestOffset < SEND_TIME_EVERY_BYTES) return;
    this.#latestOffset = offset;
    this.#offsets.push(offset);
    this.#timesMs.push(nowMs);
  }

  /** Forgets what is acknowledged up to `offset`; returns when the last of it that was noted had been sent. */
  take(offset: number): number | undefined {
    let count = 0;
    for (const noted of this.#offsets) {
      if (noted > offset) break;
      count += 1;
    }
    if (count === 0) return undefined;
    const sentAtMs = this.#timesMs[count - 1];
    if (count === this.#offsets.length) {
      // Most links are idle: they hold no room for what is not under way.
      this.#offsets = [];
      this.#timesMs = [];
    } else {
      this.#offsets.splice(0, count);
      this.#timesMs.splice(0, count);
    }
    return sentAtMs;
  }

  clear(): void {
    this.#offsets = [];
    this.#timesMs = [];
  }
}
