/** Clocks of this process, in milliseconds. */
export interface ProcessClocks {
  readonly wallMs: () => number;
  /** Never set; may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
}

const PROCESS_CLOCKS: ProcessClocks = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

/** Between two turns; one that comes much later finds that the process was stopped, or too busy to hear its peers. */
export const OBSERVED_TURN_MS = 1_000;
const TURN_LATE_MS = 3_000;
/** Clocks that run differ by less within a few seconds; by more, one of them was set, or the machine slept. */
const JUMP_MS = 2_000;

/**
 * The database's clock as this process knows it, and for how long the process has observed the world without a gap. Silence is
 * proof of nothing while one could not listen: after a stop (SIGSTOP, a snapshot, sleep), a clock that was set, here or at the
 * database, and a database that was away, what judges by time begins to wait again.
 */
export class ObservedTime {
  readonly #clocks: ProcessClocks;
  #sinceMs: number;
  #turnAtMs: number;
  #turnWallMs: number;
  /** What the database's clock shows more than the monotonic one. */
  #offsetMs: number | undefined;
  #isBlind = false;
  #gaps = 0;

  constructor(clocks: ProcessClocks = PROCESS_CLOCKS) {
    this.#clocks = clocks;
    this.#sinceMs = clocks.monotonicMs();
    this.#turnAtMs = this.#sinceMs;
    this.#turnWallMs = clocks.wallMs();
  }

  /** How many gaps there were; one that lasts counts once. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Milliseconds since the last gap; 0 within one. */
  forMs(): number {
    this.turn();
    return this.#isBlind ? 0 : this.#clocks.monotonicMs() - this.#sinceMs;
  }

  /** By the database's clock; by the wall's before the first reading. */
  now(): Date {
    return new Date(this.#offsetMs === undefined ? this.#clocks.wallMs() : this.#offsetMs + this.#clocks.monotonicMs());
  }

  /** To be called every `OBSERVED_TURN_MS`. */
  turn(): void {
    const monotonicMs = this.#clocks.monotonicMs();
    const wallMs = this.#clocks.wallMs();
    const passedMs = monotonicMs - this.#turnAtMs;
    const wallPassedMs = wallMs - this.#turnWallMs;
    this.#turnAtMs = monotonicMs;
    this.#turnWallMs = wallMs;
    const isLate = passedMs > OBSERVED_TURN_MS + TURN_LATE_MS;
    if (isLate || Math.abs(wallPassedMs - passedMs) > JUMP_MS) this.#begin();
  }

  /** The database answered with the time; `askedAtMs` is of the monotonic clock. */
  read(databaseMs: number, askedAtMs: number): void {
    this.turn();
    const answeredAtMs = this.#clocks.monotonicMs();
    const offsetMs = databaseMs - (askedAtMs + answeredAtMs) / 2;
    const uncertainMs = (answeredAtMs - askedAtMs) / 2;
    const isJump = this.#offsetMs !== undefined && Math.abs(offsetMs - this.#offsetMs) > JUMP_MS + uncertainMs;
    this.#offsetMs = offsetMs;
    if (isJump && !this.#isBlind) this.#begin();
    if (this.#isBlind) this.#sinceMs = answeredAtMs;
    this.#isBlind = false;
  }

  /** The database cannot be read or written now: what it would be told is not heard either. */
  lose(): void {
    if (!this.#isBlind) this.#gaps += 1;
    this.#isBlind = true;
  }

  #begin(): void {
    this.#gaps += 1;
    this.#sinceMs = this.#clocks.monotonicMs();
  }
}
