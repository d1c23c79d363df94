import type { BytePipe, PipeEnd, PipeReceiver } from '../carrier/byte-pipe.js';
import { InFlightLimit } from './in-flight-limit.js';
import type { InFlightBounds } from './in-flight-limit.js';
import type { LinkClock } from './link-clock.js';
import { Liveness } from './liveness.js';
import type { RecordEvents } from './record-reader.js';
import { RecordReader } from './record-reader.js';
import { RecordViolation } from './record-violation.js';

export interface CarrierEvents extends RecordEvents {
  /** All of a chunk has been read. */
  onRead(): void;
  onWritable(): void;
  onLost(end: PipeEnd): void;
  onViolation(violation: RecordViolation): void;
}

/** One carrier in a link's life, and what is only true of it. After `detach` nothing of it reaches the link any more. */
export class AttachedCarrier implements PipeReceiver {
  readonly carrier: BytePipe;
  readonly limit: InFlightLimit;
  readonly liveness: Liveness;
  readonly #events: CarrierEvents;
  readonly #reader: RecordReader;
  readonly #clock: LinkClock;
  #isAttached = true;

  /** `peerReceived`: what the peer has had of us. */
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
    this.liveness.heard(this.#clock.nowMs);
    this.carrier.start(this);
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  detach(): BytePipe {
    this.#isAttached = false;
    this.#reader.stop();
    return this.carrier;
  }

  onBytes(bytes: Buffer): void {
    if (!this.#isAttached) return;
    this.liveness.heard(this.#clock.nowMs);
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
