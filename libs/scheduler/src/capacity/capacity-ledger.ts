import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { sqlStateOf } from '../sql-state.js';
import type { CapacityOperation } from './change-capacity.js';

type LedgerLimits = Readonly<
  Record<'placementsAtOnce' | 'placementsInBatch' | 'placementsWaiting' | 'placementQueueMs', number>
>;

/** Does the operations in one transaction, all or none; see `changeCapacity`. */
type Change = (operations: readonly CapacityOperation[]) => Promise<readonly unknown[]>;

interface Waiting {
  readonly operation: CapacityOperation;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Where the changes of capacity of one replica wait for their turn at the lock, and go to the database together: the lock, the
 * round trip and the commit are paid once for all that came meanwhile. In PostgreSQL each would hold a connection while it
 * waits, and a crowd of them all connections of the replica: everything else would stand still behind them.
 */
export class CapacityLedger {
  readonly #change: Change;
  readonly #limits: LedgerLimits;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #underWayCount = 0;
  #isAboutToBegin = false;

  constructor(change: Change, limits: LedgerLimits = SCHEDULER_LIMITS) {
    this.#change = change;
    this.#limits = limits;
  }

  /**
   * Resolves with the operation's result. Rejects with `PLACEMENT_BUSY`, without having begun, when too many wait or its turn
   * does not come in time; and with what the change rejects with: then nothing of it was done.
   */
  do(operation: CapacityOperation): Promise<unknown> {
    if (this.#waiting.size >= this.#limits.placementsWaiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        reject(busy());
      }, this.#limits.placementQueueMs);
      const waiting: Waiting = { operation, resolve, reject, timer };
      this.#waiting.add(waiting);
      this.#beginSoon();
    });
  }

  /** In a later turn, so that what is asked for in one turn goes together. */
  #beginSoon(): void {
    if (this.#isAboutToBegin || this.#underWayCount >= this.#limits.placementsAtOnce) return;
    this.#isAboutToBegin = true;
    setImmediate(() => {
      this.#isAboutToBegin = false;
      this.#begin();
    });
  }

  #begin(): void {
    const batch: Waiting[] = [];
    for (const waiting of this.#waiting) {
      if (batch.length >= this.#limits.placementsInBatch) break;
      clearTimeout(waiting.timer);
      this.#waiting.delete(waiting);
      batch.push(waiting);
    }
    if (batch.length === 0) return;
    this.#underWayCount += 1;
    void this.#run(batch).finally(() => {
      this.#underWayCount -= 1;
      if (this.#waiting.size > 0) this.#beginSoon();
    });
    if (this.#waiting.size > 0) this.#beginSoon();
  }

  /** Never rejects. */
  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#change(batch.map(({ operation }) => operation));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch (error) {
      if (batch.length > 1 && isOfItsData(error)) {
        // What one asks for that cannot be must not fail those beside it.
        for (const one of batch) await this.#run([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

/** A data exception or a violated constraint: classes 22 and 23 of PostgreSQL's codes. */
function isOfItsData(error: unknown): boolean {
  return /^2[23]/.test(sqlStateOf(error) ?? '');
}

function busy(): SchedulerError {
  return new SchedulerError('PLACEMENT_BUSY', 'too many sessions are being placed at this moment');
}
