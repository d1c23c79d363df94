import { ACK_DELAY_MS } from '../../src/resumable/limits.js';
import type { LinkClock, WatchedLink } from '../../src/resumable/link-clock.js';

/** A clock that goes when the test says so. */
export class ManualClock implements LinkClock {
  nowMs = 0;
  readonly #links = new Set<WatchedLink>();
  readonly #acks = new Map<WatchedLink, number>();

  get realMs(): number {
    return this.nowMs;
  }

  get linkCount(): number {
    return this.#links.size;
  }

  watch(link: WatchedLink): void {
    this.#links.add(link);
  }

  unwatch(link: WatchedLink): void {
    this.#links.delete(link);
    this.#acks.delete(link);
  }

  acknowledgeLater(link: WatchedLink): void {
    if (!this.#acks.has(link)) this.#acks.set(link, this.nowMs + ACK_DELAY_MS);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const [link, dueAtMs] of this.#acks) {
      if (dueAtMs > this.nowMs) continue;
      this.#acks.delete(link);
      link.onAckDue();
    }
    for (const link of this.#links) link.onTurn(this.nowMs);
  }
}
