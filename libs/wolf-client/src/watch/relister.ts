import { systemClock } from '@helix/pacing';
import { WATCH_PAUSE_MS } from '../limits.js';

export interface RelisterOptions {
  readonly pauseMs?: number;
  /** One listing. Must not reject; resolves with how long it may stand before another is made unasked. */
  readonly list: () => Promise<number>;
}

/**
 * When to list: at most one listing is under way and one more waits for its turn, however often it is asked for, with a pause
 * between two. A listing that was asked for while another was under way comes after it, since that one may be too early.
 */
export class Relister {
  readonly #pauseMs: number;
  readonly #list: () => Promise<number>;
  #state: 'resting' | 'waiting' | 'listing' | 'closed' = 'resting';
  #isAskedAgain = false;
  #cancelTimer: () => void = () => undefined;
  #lastEndedAt = -Infinity;
  #listing: Promise<void> = Promise.resolve();

  constructor({ pauseMs = WATCH_PAUSE_MS, list }: RelisterOptions) {
    this.#pauseMs = pauseMs;
    this.#list = list;
  }

  ask(): void {
    if (this.#state === 'listing') this.#isAskedAgain = true;
    if (this.#state !== 'resting') return;
    this.#state = 'waiting';
    this.#after(Math.max(this.#lastEndedAt + this.#pauseMs - systemClock.nowMs(), 0));
  }

  /** Resolves when no listing is under way any more, and none will be. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#cancelTimer();
    await this.#listing;
  }

  #after(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = systemClock.after(ms, () => {
      this.#listing = this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#state = 'listing';
    this.#isAskedAgain = false;
    const standsForMs = await this.#list();
    this.#lastEndedAt = systemClock.nowMs();
    this.#endListing(standsForMs);
  }

  #endListing(standsForMs: number): void {
    if (this.#state === 'closed') return;
    this.#state = 'resting';
    if (this.#isAskedAgain) this.ask();
    else this.#after(standsForMs);
  }
}
