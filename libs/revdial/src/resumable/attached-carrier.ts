import type { BytePipe, PipeEnd, PipeReceiver } from '../carrier/byte-pipe.js';
import { InFlightLimit } from './in-flight-limit.js';
import type { InFlightBounds } from './in-flight-limit.js';
import type { LinkClock } from './link-clock.js';
import type { RecordEvents } from './record-codec.js';
import { PING_BYTES, RecordReader, RecordViolation } from './record-codec.js';
import type { RecordTrace } from './record-trace.js';

export interface CarrierEvents extends RecordEvents {
  /** A chunk has been read to its end. */
  onRead(): void;
  onWritable(): void;
  onLost(end: PipeEnd): void;
  onViolation(violation: RecordViolation): void;
}

/** One carrier of a link, with the state that ends with it. After `detach` it calls the link no more. */
export class AttachedCarrier implements PipeReceiver {
  readonly carrier: BytePipe;
  readonly limit: InFlightLimit;
  readonly liveness: Liveness;
  /** Of its records, where they are traced. */
  trace: RecordTrace | undefined;
  readonly #events: CarrierEvents;
  readonly #reader: RecordReader;
  readonly #clock: LinkClock;
  #isAttached = true;

  /** `peerReceived`: how many bytes of this side the peer has received. */
  constructor(
    carrier: BytePipe,
    events: CarrierEvents,
    clock: LinkClock,
    peerReceived: number,
    bounds?: InFlightBounds,
  ) {
    this.carrier = carrier;
    this.limit = new InFlightLimit(bounds, peerReceived);
    this.liveness = new Liveness(clock.nowMs);
    this.#events = events;
    this.#reader = new RecordReader(events);
    this.#clock = clock;
  }

  start(): void {
    this.liveness.onReceived(this.#clock.nowMs);
    this.carrier.start(this);
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  write(records: readonly Buffer[]): void {
    this.trace?.onSent(records);
    this.carrier.write(records);
  }

  detach(): BytePipe {
    this.#isAttached = false;
    this.#reader.stop();
    return this.carrier;
  }

  onBytes(bytes: Buffer): void {
    if (!this.#isAttached) return;
    this.liveness.onReceived(this.#clock.nowMs);
    this.trace?.onReceived(bytes);
    try {
      this.#reader.push(bytes);
    } catch (error) {
      if (!(error instanceof RecordViolation)) throw error;
      if (this.isAttached) this.#events.onViolation(error);
      return;
    }
    if (this.isAttached) this.#events.onRead();
  }

  onWritable(): void {
    if (this.#isAttached) this.#events.onWritable();
  }

  onClosed(end: PipeEnd): void {
    if (this.#isAttached) this.#events.onLost(end);
  }
}

/** When the peer of one carrier was last heard, and which PING it has not answered. Times are those of the link's clock. */
class Liveness {
  #receivedAtMs: number;
  #sentAtMs: number;
  #pingSentAtMs: number | undefined;
  #pingNumber = 0;
  #unansweredSinceMs: number | undefined;
  #roundTripMs: number | undefined;

  constructor(nowMs: number) {
    this.#receivedAtMs = nowMs;
    this.#sentAtMs = nowMs;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  onReceived(nowMs: number): void {
    this.#receivedAtMs = nowMs;
    this.#unansweredSinceMs = undefined;
  }

  onSent(nowMs: number): void {
    this.#sentAtMs = nowMs;
  }

  silentMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#receivedAtMs);
  }

  unansweredMs(nowMs: number): number {
    return this.#unansweredSinceMs === undefined ? 0 : Math.max(0, nowMs - this.#unansweredSinceMs);
  }

  /**
   * Has the agent received nothing, or sent nothing, for so long? The second matters because a server receives nothing from an agent
   * that reads a slow trickle and has paused its reader.
   */
  isPingDue(nowMs: number, afterMs: number): boolean {
    const isQuiet = nowMs - Math.min(this.#receivedAtMs, this.#sentAtMs) >= afterMs;
    return isQuiet && (this.#pingSentAtMs === undefined || nowMs - this.#pingSentAtMs >= afterMs);
  }

  /** A PING is sent now; returns its number. */
  onPingSent(nowMs: number): number {
    this.#pingNumber = (this.#pingNumber + 1) % 0x100000000;
    this.#pingSentAtMs = nowMs;
    this.#unansweredSinceMs ??= nowMs;
    this.#sentAtMs = nowMs;
    return this.#pingNumber;
  }

  /** A PONG; counts when it answers the latest PING. */
  onPong(payload: Buffer, nowMs: number): void {
    if (this.#pingSentAtMs === undefined || payload.length !== PING_BYTES) return;
    if (payload.readUInt32BE(0) === 0 && payload.readUInt32BE(4) === this.#pingNumber)
      this.#roundTripMs = Math.max(0, nowMs - this.#pingSentAtMs);
  }

  /** A round trip that was measured in another way. */
  onRtt(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }
}
