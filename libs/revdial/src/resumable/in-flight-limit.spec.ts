import { InFlightLimit } from './in-flight-limit.js';
import {
  ACK_EVERY_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LEAST_ROUND_TRIP_AGE_MS,
} from './limits.js';

/** A path that always has enough to send: what exceeds its own capacity queues in front of it. */
class Path {
  readonly limit = new InFlightLimit();
  nowMs = 0;
  #offset = 0;

  constructor(
    public emptyMs: number,
    public bytesPerMs: number,
  ) {}

  get queueMs(): number {
    return Math.max(0, this.limit.bytes / this.bytesPerMs - this.emptyMs);
  }

  rounds(count: number): void {
    for (let round = 0; round < count; round += 1) {
      const { bytes } = this.limit;
      this.#offset += bytes;
      this.limit.onSent(this.#offset, bytes, this.nowMs);
      this.limit.onUsedUp();
      this.nowMs += this.emptyMs + this.queueMs;
      this.limit.onAck(this.#offset, this.nowMs);
    }
  }
}

describe('InFlightLimit', () => {
  it('grows to its cap on a path that never queues', () => {
    const path = new Path(0.2, 10_000_000);
    path.rounds(40);
    expect(path.limit.bytes).toBe(IN_FLIGHT_MAX_BYTES);
  });

  it('keeps the queue of a slow path short, however long it is used', () => {
    const path = new Path(1, 20_000);
    path.rounds(5_000);
    expect(path.nowMs).toBeGreaterThan(2 * LEAST_ROUND_TRIP_AGE_MS);
    let worstMs = 0;
    for (let round = 0; round < 3_000; round += 1) {
      path.rounds(1);
      worstMs = Math.max(worstMs, path.queueMs);
    }
    expect(worstMs).toBeLessThan(15);
  });

  it('fills a long path', () => {
    const path = new Path(100, 20_000);
    path.rounds(60);
    expect(path.limit.bytes).toBeGreaterThan(100 * 20_000 * 0.8);
  });

  it('follows a path that has become longer, after a while', () => {
    const path = new Path(1, 100_000);
    path.rounds(100);
    path.emptyMs = 80;
    path.rounds(60);
    expect(path.limit.bytes).toBeLessThan(2 * IN_FLIGHT_MIN_BYTES);
    path.rounds(Math.ceil(LEAST_ROUND_TRIP_AGE_MS / 80) + 40);
    expect(path.limit.bytes).toBeGreaterThan(1024 * 1024);
  });

  it('measures the path also by acknowledgements that travel with data', () => {
    const limit = new InFlightLimit();
    let [sent, acked] = [0, 0];
    for (let nowMs = 0; nowMs < 2_000; nowMs += 1) {
      sent += 6_000;
      limit.onSent(sent, sent - acked, nowMs);
      limit.onUsedUp();
      if (nowMs >= 50) limit.onAck((acked += 6_000), nowMs);
    }
    expect(limit.bytes).toBeGreaterThan(IN_FLIGHT_START_BYTES);
  });

  it('ignores delayed acknowledgements, also the first one after a resumption', () => {
    const limit = new InFlightLimit(undefined, 5_000_000_000);
    limit.onSent(5_000_000_100, 100, 0);
    expect(limit.onAck(5_000_000_100, 45)).toBeUndefined();
  });

  it('does not change while it is not used up', () => {
    const limit = new InFlightLimit();
    for (let n = 1; n < 50; n += 1) {
      limit.onSent(n * 40_000, 40_000, n);
      limit.onAck(n * 40_000, n + 0.5);
    }
    expect(limit.bytes).toBe(IN_FLIGHT_START_BYTES);
  });

  it('fills a long path also with small writes after each acknowledgement', () => {
    const limit = new InFlightLimit();
    const pathMs = 50;
    const pieceBytes = 16 * 1024;
    /** What arrives when, at the one end and at the other. */
    const arrivals: { readonly atMs: number; readonly offset: number; readonly isAck: boolean }[] = [];
    let [sent, acked, told, nowMs] = [0, 0, 0, 0];
    const send = (): void => {
      while (sent - acked + pieceBytes <= limit.bytes) {
        sent += pieceBytes;
        limit.onSent(sent, sent - acked, nowMs);
        arrivals.push({ atMs: nowMs + pathMs / 2, offset: sent, isAck: false });
      }
      limit.onUsedUp();
    };
    send();
    while (nowMs < 40 * pathMs) {
      const [next] = arrivals.splice(0, 1);
      if (next === undefined) break;
      nowMs = next.atMs;
      if (next.isAck) {
        acked = next.offset;
        limit.onAck(acked, nowMs);
        send();
      } else if (next.offset - told >= ACK_EVERY_BYTES) {
        told = next.offset;
        arrivals.push({ atMs: nowMs + pathMs / 2, offset: told, isAck: true });
      }
      arrivals.sort((one, other) => one.atMs - other.atMs);
    }
    expect(limit.bytes).toBeGreaterThan(8 * 1024 * 1024);
  });
});
