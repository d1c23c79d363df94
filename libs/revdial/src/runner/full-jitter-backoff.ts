import type { RunnerTimings } from './limits.js';

/** Stops a doubling that nobody would ever see the end of. */
const MAX_DOUBLINGS = 20;

/**
 * How long to wait before the next try: anything from nothing to a window that doubles, so that ten thousand runners of
 * a restarted API do not come back at one moment. While the outage is young the window stays small.
 */
export class FullJitterBackoff {
  readonly #timings: RunnerTimings;
  readonly #random: () => number;
  #tryCount = 0;
  #outageBeganAtMs: number | undefined;

  constructor(timings: RunnerTimings, random: () => number = Math.random) {
    this.#timings = timings;
    this.#random = random;
  }

  nextMs(nowMs: number): number {
    this.#outageBeganAtMs ??= nowMs;
    const { backoffBaseMs, backoffEarlyCapMs, backoffCapMs, earlyOutageMs } = this.#timings;
    const isEarly = nowMs - this.#outageBeganAtMs < earlyOutageMs;
    const capMs = isEarly ? Math.min(backoffEarlyCapMs, backoffCapMs) : backoffCapMs;
    const windowMs = Math.min(backoffBaseMs * 2 ** this.#tryCount, capMs);
    this.#tryCount = Math.min(this.#tryCount + 1, MAX_DOUBLINGS);
    return Math.round(this.#random() * windowMs);
  }

  /** The link was useful: the next loss is a new outage. */
  reset(): void {
    this.#tryCount = 0;
    this.#outageBeganAtMs = undefined;
  }
}
