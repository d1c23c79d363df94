import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';

export type PlacementQueueLimits = Pick<
  typeof SCHEDULER_LIMITS,
  'placementsAtOnce' | 'placementsWaiting' | 'placementQueueMs'
>;

/**
 * Where the placements of one replica wait for their turn at the lock. In PostgreSQL each would hold a connection while it
 * waits, and a crowd of them all connections of the replica: everything else would stand still behind them.
 */
export class PlacementQueue {
  readonly #limits: { readonly [Name in keyof PlacementQueueLimits]: number };
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #runningCount = 0;

  constructor(limits: { readonly [Name in keyof PlacementQueueLimits]: number } = SCHEDULER_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Runs `work` when it is its turn. Rejects with `PLACEMENT_BUSY`, without having begun, when too many wait or its turn does
   * not come in time; and with what `work` rejects with.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#runningCount -= 1;
      } else {
        // The place is handed on.
        next();
      }
    }
  }

  async #turn(): Promise<void> {
    if (this.#runningCount < this.#limits.placementsAtOnce) {
      this.#runningCount += 1;
      return;
    }
    if (this.#waiting.size >= this.#limits.placementsWaiting) {
      throw busy();
    }
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(begin);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(begin);
        reject(busy());
      }, this.#limits.placementQueueMs);
      this.#waiting.add(begin);
    });
  }
}

function busy(): SchedulerError {
  return new SchedulerError('PLACEMENT_BUSY', 'too many sessions are being placed at this moment');
}
