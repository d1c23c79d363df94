import { PING_BELIEVED_MAX_MS, ROUND_TRIP_FRESH_MS } from './limits.js';
import { MuxStreamError } from './mux-stream-error.js';

interface Asked {
  readonly value: number;
  readonly atMs: number;
  readonly answered: Promise<number>;
  resolve(roundTripMs: number): void;
  reject(error: MuxStreamError): void;
}

/** One ping at a time, which all who ask meanwhile share: a question each would be a buffer that callers can grow. */
export class LinkPing {
  readonly #send: (value: number) => void;
  #asked: Asked | undefined;
  #lastValue = 0;
  #latestMs: number | undefined;
  #latestAtMs = 0;

  constructor(send: (value: number) => void) {
    this.#send = send;
  }

  /** The round trip in ms. Rejects with `expired` when the link ends first; has no limit of its own. */
  ask(): Promise<number> {
    if (this.#asked !== undefined) return this.#asked.answered;
    this.#lastValue = (this.#lastValue + 1) >>> 0;
    let settle: Pick<Asked, 'resolve' | 'reject'> | undefined;
    const answered = new Promise<number>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle === undefined) return answered;
    // The windows ask without waiting for the answer.
    answered.catch(() => undefined);
    this.#asked = { value: this.#lastValue, atMs: performance.now(), answered, ...settle };
    this.#send(this.#lastValue);
    return answered;
  }

  /** The latest known; asks for a newer one when it is old. */
  roundTripMs(): number | undefined {
    if (this.#latestMs === undefined || performance.now() - this.#latestAtMs > ROUND_TRIP_FRESH_MS) void this.ask();
    return this.#latestMs;
  }

  /** Answers nobody asked for mean nothing. */
  noteAnswer(value: number): void {
    const asked = this.#asked;
    if (asked?.value !== value) return;
    this.#asked = undefined;
    const nowMs = performance.now();
    const roundTripMs = nowMs - asked.atMs;
    if (roundTripMs <= PING_BELIEVED_MAX_MS) {
      this.#latestAtMs = nowMs;
      this.#latestMs = roundTripMs;
    }
    asked.resolve(roundTripMs);
  }

  end(): void {
    this.#asked?.reject(new MuxStreamError('expired', 'the link ended before it answered'));
    this.#asked = undefined;
  }
}
