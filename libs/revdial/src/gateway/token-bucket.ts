/**
 * Lets a burst through and then so many a second. Whoever comes too early is told when there is room for him, each behind those
 * who were told before; that nobody has to keep: who comes later, or not at all, has left his place to others.
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
