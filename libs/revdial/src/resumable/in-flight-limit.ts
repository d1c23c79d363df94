import {
  ACK_EVERY_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LEAST_ROUND_TRIP_AGE_MS,
} from './limits.js';
import { SendTimes } from './send-times.js';

/** Until the path has shown a queue for the first time, and from then on. */
const FIRST_GROWTH = 2;
const GROWTH = 1.25;
const SHRINKING = 0.7;
/** So many slow rounds in a row are a queue; one may be an end that was busy with something else. */
const SLOW_ROUNDS_COUNT = 2;
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
 * click. Goes by rounds: a round is over when everything is acknowledged that was under way at its beginning, and the least of
 * its round trips tells of a queue. Grows where the limit was used up and there was none, and shrinks where there was.
 *
 * The least round trip of all gets old: a link may stand for days while the path under it changes. Then a round is made with the
 * least allowance, so that the path runs empty, and its length is believed anew.
 */
export class InFlightLimit {
  readonly #bounds: InFlightBounds;
  readonly #sends = new SendTimes();
  #bytes: number;
  #growth = FIRST_GROWTH;
  #isProbing = false;
  #leastMs = Infinity;
  #leastAtMs = 0;
  #sentOffset = 0;
  #ackedOffset = 0;
  #roundEndOffset = 0;
  #roundMs = Infinity;
  #slowRoundCount = 0;
  #isUsedUp = false;

  constructor(bounds: InFlightBounds = DEFAULT_BOUNDS) {
    this.#bounds = bounds;
    this.#bytes = bounds.startBytes;
  }

  get bytes(): number {
    return this.#isProbing ? this.#bounds.minBytes : this.#bytes;
  }

  /** Everything before `sentOffset` has been handed to the carrier. */
  sent(sentOffset: number, inFlightBytes: number, nowMs: number): void {
    this.#sentOffset = sentOffset;
    // What is still under way from before the probe would be measured as part of the path.
    if (this.#isProbing && inFlightBytes > this.#bounds.minBytes) return;
    this.#sends.note(sentOffset, nowMs);
  }

  /** More was there to send than the limit let through. */
  usedUp(): void {
    this.#isUsedUp = true;
  }

  /** Returns the round trip of the round that is over with this. */
  acknowledged(offset: number, nowMs: number): number | undefined {
    // An ACK for less may have been delayed; one for so much leaves as soon as the bytes are there.
    const isPrompt = offset - this.#ackedOffset >= ACK_EVERY_BYTES;
    this.#ackedOffset = offset;
    const sentAtMs = this.#sends.take(offset);
    if (isPrompt && sentAtMs !== undefined) this.#roundMs = Math.min(this.#roundMs, nowMs - sentAtMs);
    if (offset < this.#roundEndOffset) return undefined;
    const roundTripMs = this.#roundMs;
    this.#roundMs = Infinity;
    this.#roundEndOffset = this.#sentOffset + 1;
    if (roundTripMs === Infinity) return undefined;
    this.#endRound(roundTripMs, nowMs);
    this.#isUsedUp = false;
    return roundTripMs;
  }

  #endRound(roundTripMs: number, nowMs: number): void {
    if (this.#isProbing) {
      this.#isProbing = false;
      this.#believe(roundTripMs, nowMs);
      return;
    }
    if (roundTripMs <= this.#leastMs) this.#believe(roundTripMs, nowMs);
    if (this.#isUsedUp) this.#adapt(roundTripMs > this.#leastMs * TOLERANCE_FACTOR + TOLERANCE_MS);
    if (nowMs - this.#leastAtMs < LEAST_ROUND_TRIP_AGE_MS) return;
    this.#isProbing = true;
    this.#sends.clear();
  }

  #adapt(isSlow: boolean): void {
    const { minBytes, maxBytes } = this.#bounds;
    if (!isSlow) {
      this.#slowRoundCount = 0;
      this.#bytes = Math.min(maxBytes, Math.floor(this.#bytes * this.#growth));
      return;
    }
    this.#growth = GROWTH;
    this.#slowRoundCount += 1;
    if (this.#slowRoundCount < SLOW_ROUNDS_COUNT) return;
    this.#slowRoundCount = 0;
    this.#bytes = Math.max(minBytes, Math.floor(this.#bytes * SHRINKING));
  }

  #believe(roundTripMs: number, nowMs: number): void {
    this.#leastMs = roundTripMs;
    this.#leastAtMs = nowMs;
  }
}
