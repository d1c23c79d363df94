interface Waiting {
  readonly begin: () => void;
}

/**
 * How many probes are under way at once, in the order in which they came. Those of hosts that fail have a share of their own:
 * each takes as long as it may, and many of them would hold up all others. Nothing waits here that its host does not hold.
 */
export class ProbeTurns {
  readonly #maxCount: number;
  readonly #maxFailingCount: number;
  readonly #waiting = { well: new Set<Waiting>(), failing: new Set<Waiting>() };
  #count = 0;
  #failingCount = 0;

  constructor(maxCount: number, maxFailingCount: number) {
    this.#maxCount = maxCount;
    this.#maxFailingCount = maxFailingCount;
  }

  /** Resolves with what gives the turn back, which must be called. Rejects with the signal's reason, and then holds none. */
  take(isFailing: boolean, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(asError(signal.reason));
        return;
      }
      const queue = isFailing ? this.#waiting.failing : this.#waiting.well;
      const abort = (): void => {
        queue.delete(waiting);
        reject(asError(signal.reason));
      };
      const waiting: Waiting = {
        begin: () => {
          signal.removeEventListener('abort', abort);
          this.#count += 1;
          if (isFailing) this.#failingCount += 1;
          let isHeld = true;
          resolve(() => {
            if (!isHeld) return;
            isHeld = false;
            this.#count -= 1;
            if (isFailing) this.#failingCount -= 1;
            this.#beginNext();
          });
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      queue.add(waiting);
      this.#beginNext();
    });
  }

  #beginNext(): void {
    while (this.#count < this.#maxCount) {
      const mayFailing = this.#failingCount < this.#maxFailingCount;
      const [next] = [...first(this.#waiting.well), ...(mayFailing ? first(this.#waiting.failing) : [])];
      if (next === undefined) return;
      this.#waiting.well.delete(next);
      this.#waiting.failing.delete(next);
      next.begin();
    }
  }
}

function first(queue: ReadonlySet<Waiting>): readonly Waiting[] {
  for (const waiting of queue) return [waiting];
  return [];
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
