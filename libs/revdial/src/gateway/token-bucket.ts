/**
 * Lets a burst through and then so many a second. A caller that comes too early is given the time at which there is room for it, each
 * later than those before. No place is reserved: a caller that comes later than that, or not at all, leaves room for others.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  /** Tokens that were promised to those who were sent away, and are not here yet. */
  #promised = 0;
  #countedAtMs = performance.now();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** 0: taken. Else in how many milliseconds to come again. */
  take(cost: number): number {
    const nowMs = performance.now();
    const refill = ((nowMs - this.#countedAtMs) / 1000) * this.#perSecond;
    this.#countedAtMs = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + refill);
    this.#promised = Math.max(0, this.#promised - refill);
    if (this.#tokens >= cost) {
      this.#tokens -= cost;
      return 0;
    }
    this.#promised += cost;
    return Math.max(1, (this.#promised / this.#perSecond) * 1_000);
  }
}
