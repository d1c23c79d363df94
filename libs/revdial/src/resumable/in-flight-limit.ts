import {
  ACK_EVERY_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LEAST_ROUND_TRIP_AGE_MS,
} from './limits.js';

const GROWTH = 1.25;
const SHRINKING = 0.7;
/** So many slow round trips in a row are a queue; fewer are an end that was busy with something else. */
const SLOW_ROUNDS_COUNT = 3;
/** A round trip up to this much of the least one, and a few milliseconds for busy ends, is not a queue. */
const TOLERANCE_FACTOR = 1.5;
const TOLERANCE_MS = 5;

export interface InFlightBounds {
  readonly startBytes: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

const DEFAULT_BOUNDS: InFlightBounds = {
  startBytes: IN_FLIGHT_START_BYTES,
  minBytes: IN_FLIGHT_MIN_BYTES,
  maxBytes: IN_FLIGHT_MAX_BYTES,
};

/**
 * How many bytes may be under way on one carrier, so that the kernels and proxies between do not fill with megabytes before a
 * click. One offset at a time is marked, and the time until it is acknowledged is a round trip with the queue in it: grows
 * by a quarter where the limit was used up and the round trip stayed near the least one, and shrinks where several did not.
 *
 * The least round trip gets old: a link may stand for days while the path under it changes. Then one round trip is made with the
 * least allowance, so that the path runs empty, and its length is believed anew.
 */
export class InFlightLimit {
  readonly #bounds: InFlightBounds;
  #bytes: number;
  #isProbing = false;
  #leastMs = Infinity;
  #leastAtMs = 0;
  #markOffset = -1;
  #markedAtMs = 0;
  #isUsedUp = false;
  #slowRoundCount = 0;

  constructor(bounds: InFlightBounds = DEFAULT_BOUNDS) {
    this.#bounds = bounds;
    this.#bytes = bounds.startBytes;
  }

  get bytes(): number {
    return this.#isProbing ? this.#bounds.minBytes : this.#bytes;
  }

  /** Everything before `sentOffset` has been handed to the carrier. */
  sent(sentOffset: number, inFlightBytes: number, nowMs: number): void {
    if (this.#markOffset >= 0 || inFlightBytes < ACK_EVERY_BYTES) return;
    // What is still under way from before the probe would be measured as part of the path.
    if (this.#isProbing && inFlightBytes > this.#bounds.minBytes) return;
    // With these bytes behind it, it is acknowledged as soon as they arrive, and not after the delay of a lone ACK.
    this.#markOffset = sentOffset - ACK_EVERY_BYTES + 1;
    this.#markedAtMs = nowMs;
  }

  /** More was there to send than the limit let through. */
  usedUp(): void {
    this.#isUsedUp = true;
  }

  /** Returns the round trip, with whatever queued, when one was measured. */
  acknowledged(offset: number, nowMs: number): number | undefined {
    if (this.#markOffset < 0 || offset < this.#markOffset) return undefined;
    const roundTripMs = nowMs - this.#markedAtMs;
    this.#markOffset = -1;
    if (this.#isProbing) {
      this.#isProbing = false;
      this.#isUsedUp = false;
      this.#believe(roundTripMs, nowMs);
      return roundTripMs;
    }
    if (roundTripMs <= this.#leastMs) this.#believe(roundTripMs, nowMs);
    const { minBytes, maxBytes } = this.#bounds;
    const isSlow = roundTripMs > this.#leastMs * TOLERANCE_FACTOR + TOLERANCE_MS;
    this.#slowRoundCount = isSlow ? this.#slowRoundCount + 1 : 0;
    if (this.#slowRoundCount === SLOW_ROUNDS_COUNT) {
      this.#slowRoundCount = 0;
      this.#bytes = Math.max(minBytes, Math.floor(this.#bytes * SHRINKING));
    } else if (!isSlow && this.#isUsedUp) this.#bytes = Math.min(maxBytes, Math.floor(this.#bytes * GROWTH));
    this.#isUsedUp = false;
    if (nowMs - this.#leastAtMs >= LEAST_ROUND_TRIP_AGE_MS) this.#isProbing = true;
    return roundTripMs;
  }

  #believe(roundTripMs: number, nowMs: number): void {
    this.#leastMs = roundTripMs;
    this.#leastAtMs = nowMs;
  }
}
