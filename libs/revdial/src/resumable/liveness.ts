import { PING_BYTES } from './record.js';

/** What is known of a peer's life on one carrier: when it was heard, and what it owes. Times are those of the link's clock. */
export class Liveness {
  #heardAtMs: number;
  #saidAtMs: number;
  #pingAtMs: number | undefined;
  #pingNumber = 0;
  #owedSinceMs: number | undefined;
  #roundTripMs: number | undefined;

  constructor(nowMs: number) {
    this.#heardAtMs = nowMs;
    this.#saidAtMs = nowMs;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#owedSinceMs = undefined;
  }

  said(nowMs: number): void {
    this.#saidAtMs = nowMs;
  }

  silentMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#heardAtMs);
  }

  unansweredMs(nowMs: number): number {
    return this.#owedSinceMs === undefined ? 0 : Math.max(0, nowMs - this.#owedSinceMs);
  }

  /**
   * An agent's turn to ping: it has heard nothing, or said nothing, for so long. The second, because a server hears nothing
   * of an agent that reads a slow trickle and has paused its reader.
   */
  isPingDue(nowMs: number, afterMs: number): boolean {
    const isQuiet = nowMs - Math.min(this.#heardAtMs, this.#saidAtMs) >= afterMs;
    return isQuiet && (this.#pingAtMs === undefined || nowMs - this.#pingAtMs >= afterMs);
  }

  /** A question leaves now; returns its number. */
  asked(nowMs: number): number {
    this.#pingNumber = (this.#pingNumber + 1) % 0x100000000;
    this.#pingAtMs = nowMs;
    this.#owedSinceMs ??= nowMs;
    this.#saidAtMs = nowMs;
    return this.#pingNumber;
  }

  /** An answer, to the latest question or to none. */
  answered(payload: Buffer, nowMs: number): void {
    if (this.#pingAtMs === undefined || payload.length !== PING_BYTES) return;
    if (payload.readUInt32BE(0) === 0 && payload.readUInt32BE(4) === this.#pingNumber)
      this.#roundTripMs = Math.max(0, nowMs - this.#pingAtMs);
  }

  /** A round trip that was measured otherwise. */
  measured(roundTripMs: number): void {
    this.#roundTripMs = roundTripMs;
  }
}
