/** Does something again and again, with as much rest as each turn asks for. */
export class ProbeLoop {
  readonly #turn: (signal: AbortSignal) => Promise<number>;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> = Promise.resolve();

  /** A turn resolves with the milliseconds until the next. It must not reject. */
  constructor(turn: (signal: AbortSignal) => Promise<number>) {
    this.#turn = turn;
  }

  start(firstMs: number): void {
    if (this.#ending.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#underWay = this.#turn(this.#ending.signal).then((restMs) => {
        this.start(restMs);
      });
    }, firstMs);
    this.#timer.unref();
  }

  /** Cuts the turn under way; resolves when it is over. Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await this.#underWay;
  }
}
