import { PING_BELIEVED_MAX_MS, ROUND_TRIP_FRESH_MS } from './limits.js';
import { MuxStreamError } from './reset-code.js';

interface OpenPing {
  readonly value: number;
  readonly atMs: number;
  readonly answer: Promise<number>;
  resolve(roundTripMs: number): void;
  reject(error: MuxStreamError): void;
}

/** One ping at a time, shared by all callers that ask meanwhile: one ping for each would be a queue that callers can grow. */
export class LinkPing {
  readonly #send: (value: number) => void;
  #open: OpenPing | undefined;
  #lastValue = 0;
  #latestMs: number | undefined;
  #latestAtMs = 0;

  constructor(send: (value: number) => void) {
    this.#send = send;
  }

  /** The round trip in ms. Rejects with `expired` when the link ends first; has no limit of its own. */
  ask(): Promise<number> {
    if (this.#open !== undefined) return this.#open.answer;
    this.#lastValue = (this.#lastValue + 1) >>> 0;
    let settle: Pick<OpenPing, 'resolve' | 'reject'> | undefined;
    const answer = new Promise<number>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle === undefined) return answer;
    // Receive windows ask and do not wait.
    answer.catch(() => undefined);
    this.#open = { value: this.#lastValue, atMs: performance.now(), answer, ...settle };
    this.#send(this.#lastValue);
    return answer;
  }

  /** The latest round trip; sends a ping when it is old. */
  roundTripMs(): number | undefined {
    if (this.#latestMs === undefined || performance.now() - this.#latestAtMs > ROUND_TRIP_FRESH_MS) void this.ask();
    return this.#latestMs;
  }

  /** An answer to another ping than the open one is ignored. */
  onPong(value: number): void {
    const open = this.#open;
    if (open?.value !== value) return;
    this.#open = undefined;
    const nowMs = performance.now();
    const roundTripMs = nowMs - open.atMs;
    if (roundTripMs <= PING_BELIEVED_MAX_MS) {
      this.#latestAtMs = nowMs;
      this.#latestMs = roundTripMs;
    }
    open.resolve(roundTripMs);
  }

  end(): void {
    this.#open?.reject(new MuxStreamError('expired', 'the link ended before the peer answered the ping'));
    this.#open = undefined;
  }
}
