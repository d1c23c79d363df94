import { WaitingLine, type WaitingLineOptions } from '@helix/pacing';

type Turns = WaitingLine<void, () => void>;

/** Each host waits for one turn at most, so that hosts are the bound. */
const UNBOUNDED: WaitingLineOptions = {
  maxCount: Infinity,
  whenFull: () => new Error('too many probes wait'),
  whenLate: () => new Error('the probe waited too long'),
  whenAborted: (reason) => (reason instanceof Error ? reason : new Error('aborted', { cause: reason })),
};

/**
 * How many probes are under way at once, first come, first served. Those of hosts that fail have a share of their own: each
 * takes as long as it may, and many of them would hold up all others.
 */
export class ProbeTurns {
  readonly #maxCount: number;
  readonly #maxFailingCount: number;
  readonly #healthy: Turns = new WaitingLine(UNBOUNDED);
  readonly #failing: Turns = new WaitingLine(UNBOUNDED);
  #count = 0;
  #failingCount = 0;

  constructor(maxCount: number, maxFailingCount: number) {
    this.#maxCount = maxCount;
    this.#maxFailingCount = maxFailingCount;
  }

  /** Resolves with what gives the turn back, which must be called. Rejects with the signal's reason, and then holds none. */
  take(isFailing: boolean, signal: AbortSignal): Promise<() => void> {
    const turn = (isFailing ? this.#failing : this.#healthy).wait(undefined, { signal });
    this.#beginNext();
    return turn;
  }

  #beginNext(): void {
    while (this.#count < this.#maxCount) {
      const isFailing = this.#healthy.size === 0;
      if (isFailing && this.#failingCount >= this.#maxFailingCount) return;
      const next = (isFailing ? this.#failing : this.#healthy).shift();
      if (next === undefined) return;
      this.#count += 1;
      if (isFailing) this.#failingCount += 1;
      let isHeld = true;
      next.serve(() => {
        if (!isHeld) return;
        isHeld = false;
        this.#count -= 1;
        if (isFailing) this.#failingCount -= 1;
        this.#beginNext();
      });
    }
  }
}
