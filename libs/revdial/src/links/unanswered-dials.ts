import { UNANSWERED_DIALS_BEFORE_SILENT } from '../limits.js';

/**
 * The first dials that were announced since the runner's last sign of life. They stay here when their callers have given up:
 * callers have less patience than a runner has time, and what they ask in vain speaks against the link all the same.
 */
export class UnansweredDials {
  readonly #announcedAtMs: number[] = [];

  announced(): void {
    if (this.#announcedAtMs.length < UNANSWERED_DIALS_BEFORE_SILENT) this.#announcedAtMs.push(performance.now());
  }

  /** The runner gave a sign of life. */
  clear(): void {
    this.#announcedAtMs.length = 0;
  }

  /** Since when the oldest waits; 0 without any. */
  get oldestAgeMs(): number {
    const [oldest] = this.#announcedAtMs;
    return oldest === undefined ? 0 : performance.now() - oldest;
  }

  /** Have as many as make a proof been unanswered for `limitMs` each? */
  proveSilence(limitMs: number): boolean {
    const last = this.#announcedAtMs[UNANSWERED_DIALS_BEFORE_SILENT - 1];
    return last !== undefined && performance.now() - last >= limitMs;
  }
}
