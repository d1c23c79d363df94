import {
  ACK_EVERY_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LEAST_ROUND_TRIP_AGE_MS,
  SEND_TIME_EVERY_BYTES,
} from './limits.js';

/** Until the path has shown a queue for the first time, and from then on at most. */
const FIRST_GROWTH = 2;
const GROWTH_MAX = 1.25;
/** Of what would have been too much. A round tells of the limit before its own, and the whole would be taken twice. */
const SHRINKING = 0.5;
/** A queue that is wanted, since an empty one wastes the path: a part of the least round trip, and some milliseconds for busy ends. */
const QUEUE_FACTOR = 0.15;
const QUEUE_MIN_MS = 3;

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
 * How many bytes may be in flight on one carrier, so that kernels and proxies on the way do not queue megabytes in front of a
 * click. Works in rounds: a round is over when everything is acknowledged that was under way at its beginning, and the least of
 * its round trips tells of a queue. The limit changes by how far that is from the queue that is wanted, as in FAST TCP, and grows
 * only where it was used up.
 *
 * The least round trip of all gets old: a link may stand for days while the path under it changes. Then a round is made with the
 * least allowance, so that the path runs empty, and its round trip becomes the new least.
 */
export class InFlightLimit {
  readonly #bounds: InFlightBounds;
  readonly #sends = new SendTimes();
  #bytes: number;
  /** Undefined: the path has shown a queue. */
  #growth: number | undefined = FIRST_GROWTH;
  #isProbing = false;
  #leastMs = Infinity;
  #leastAtMs = 0;
  #sentOffset: number;
  #ackedOffset: number;
  #roundEndOffset: number;
  /** The least of a round: of prompt acknowledgements, and of all. */
  #roundMs = Infinity;
  #anyMs = Infinity;
  #roundBeganOffset: number;
  #previousMs = Infinity;
  #isUsedUp = false;
  /** The most that was under way in this round. */
  #flightBytes = 0;

  /** `offset`: what the peer has acknowledged before this carrier. */
  constructor(bounds: InFlightBounds = DEFAULT_BOUNDS, offset = 0) {
    this.#bounds = bounds;
    this.#bytes = bounds.startBytes;
    this.#sentOffset = offset;
    this.#ackedOffset = offset;
    this.#roundBeganOffset = offset;
    this.#roundEndOffset = offset + 1;
  }

  get bytes(): number {
    return this.#isProbing ? this.#bounds.minBytes : this.#bytes;
  }

  /** Everything before `sentOffset` has been handed to the carrier. */
  onSent(sentOffset: number, inFlightBytes: number, nowMs: number): void {
    this.#sentOffset = sentOffset;
    this.#flightBytes = Math.max(this.#flightBytes, inFlightBytes);
    // What is still under way from before the probe would be measured as part of the path.
    if (this.#isProbing && inFlightBytes > this.#bounds.minBytes) return;
    this.#sends.note(sentOffset, nowMs);
  }

  /** More was there to send than the limit let through. */
  onUsedUp(): void {
    this.#isUsedUp = true;
  }

  /** Returns the round trip of the round that is over with this. */
  onAck(offset: number, nowMs: number): number | undefined {
    // An ACK for less may have been delayed; one for so much leaves as soon as the bytes are there.
    const isPrompt = offset - this.#ackedOffset >= ACK_EVERY_BYTES;
    this.#ackedOffset = offset;
    const sentAtMs = this.#sends.take(offset);
    const sampleMs = sentAtMs === undefined ? Infinity : nowMs - sentAtMs;
    this.#anyMs = Math.min(this.#anyMs, sampleMs);
    if (isPrompt) this.#roundMs = Math.min(this.#roundMs, sampleMs);
    if (offset < this.#roundEndOffset) return undefined;
    // Where the peer sends all the while, its acknowledgements ride along and none of them is for much.
    const isEnough = offset - this.#roundBeganOffset >= ACK_EVERY_BYTES;
    const roundTripMs = this.#roundMs === Infinity && isEnough ? this.#anyMs : this.#roundMs;
    if (roundTripMs === Infinity) return undefined;
    this.#roundMs = Infinity;
    this.#anyMs = Infinity;
    this.#roundBeganOffset = offset;
    this.#roundEndOffset = this.#sentOffset + 1;
    this.#endRound(roundTripMs, nowMs);
    this.#isUsedUp = false;
    this.#flightBytes = 0;
    return roundTripMs;
  }

  #endRound(roundTripMs: number, nowMs: number): void {
    if (this.#isProbing) {
      this.#isProbing = false;
      this.#setLeastRoundTrip(roundTripMs, nowMs);
      return;
    }
    if (roundTripMs <= this.#leastMs) this.#setLeastRoundTrip(roundTripMs, nowMs);
    this.#adapt(roundTripMs);
    this.#previousMs = roundTripMs;
    if (nowMs - this.#leastAtMs < LEAST_ROUND_TRIP_AGE_MS) return;
    this.#isProbing = true;
    this.#sends.clear();
  }

  #adapt(roundTripMs: number): void {
    const { minBytes, maxBytes } = this.#bounds;
    // One long round may be an end that was busy with something else.
    const ratio = (this.#leastMs + this.#wantedQueueMs) / Math.min(roundTripMs, this.#previousMs);
    if (ratio >= 1) {
      const growth = this.#growth ?? Math.min(GROWTH_MAX, ratio);
      if (this.#isUsedUp) this.#bytes = Math.min(maxBytes, Math.floor(this.#bytes * growth));
      return;
    }
    this.#growth = undefined;
    // What is little is no queue, and long round trips have another cause.
    if (this.#flightBytes <= 2 * minBytes) return;
    // Also where something else held the sender up: what was under way is what has queued.
    const flightBytes = Math.min(this.#bytes, this.#flightBytes);
    this.#bytes = Math.max(minBytes, Math.floor(flightBytes * (1 - (1 - ratio) * SHRINKING)));
  }

  get #wantedQueueMs(): number {
    return Math.max(QUEUE_MIN_MS, this.#leastMs * QUEUE_FACTOR);
  }

  #setLeastRoundTrip(roundTripMs: number, nowMs: number): void {
    this.#leastMs = roundTripMs;
    this.#leastAtMs = nowMs;
  }
}

/** When bytes in flight were handed to the carrier: one time for each few kilobytes. */
class SendTimes {
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
      // Most links are idle and keep no memory for it.
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
