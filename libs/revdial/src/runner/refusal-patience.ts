const FIRST_WAIT_MS = 1_000;
const GROWTH = 3;
/** A host behind NAT that has given up has to be visited; one request a minute costs the API nothing. */
const LONGEST_WAIT_MS = 60_000;

/**
 * How long a refusal is doubted: the API may be starting, a token be rotated, the session's row be on its way. Without a limit
 * for ever, at long spacing; with one it is final after that time.
 */
export class RefusalPatience {
  readonly #limitMs: number;
  readonly #random: () => number;
  #beganAtMs: number | undefined;
  #waitMs = FIRST_WAIT_MS;

  constructor(limitMs = Infinity, random: () => number = Math.random) {
    this.#limitMs = limitMs;
    this.#random = random;
  }

  /** How long to wait before asking again; `undefined`: refused for good. */
  nextMs(nowMs: number): number | undefined {
    this.#beganAtMs ??= nowMs;
    const leftMs = this.#beganAtMs + this.#limitMs - nowMs;
    if (leftMs <= 0) return undefined;
    const waitMs = (this.#waitMs / 2) * (1 + this.#random());
    this.#waitMs = Math.min(this.#waitMs * GROWTH, LONGEST_WAIT_MS);
    return Math.ceil(Math.min(waitMs, leftMs));
  }

  /** The API accepted us. */
  reset(): void {
    this.#beganAtMs = undefined;
    this.#waitMs = FIRST_WAIT_MS;
  }
}
