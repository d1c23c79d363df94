import { WaitingLine, type Place } from '@helix/pacing';

import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { sqlStateOf } from '../sql-state.js';
import type { CapacityOperation } from './capacity-operations.js';

type LedgerLimits = Readonly<
  Record<'placementsAtOnce' | 'placementsInBatch' | 'placementsWaiting' | 'placementQueueMs', number>
>;

/** Does the operations in one transaction, all or none; see `changeCapacity`. */
type Change = (operations: readonly CapacityOperation<unknown>[]) => Promise<readonly unknown[]>;

type Waiting = Place<CapacityOperation<unknown>, unknown>;

/**
 * Where the changes of capacity of one replica wait for their turn at the lock, and go to the database together: the lock, the
 * round trip and the commit are paid once for all that came meanwhile. In PostgreSQL each would hold a connection while it
 * waits, and a crowd of them all connections of the replica: everything else would stand still behind them.
 */
export class CapacityLedger {
  readonly #change: Change;
  readonly #limits: LedgerLimits;
  readonly #line: WaitingLine<CapacityOperation<unknown>, unknown>;
  #underWayCount = 0;
  #isAboutToBegin = false;

  constructor(change: Change, limits: LedgerLimits = SCHEDULER_LIMITS) {
    this.#change = change;
    this.#limits = limits;
    this.#line = new WaitingLine({
      maxCount: limits.placementsWaiting,
      whenFull: busy,
      whenLate: busy,
      whenAborted: busy,
    });
  }

  /**
   * Resolves with the operation's result. Rejects with `PLACEMENT_BUSY`, without having begun, when too many wait or its turn
   * does not come in time; and with what the change rejects with: then nothing of it was done.
   */
  async run<Result>(operation: CapacityOperation<Result>): Promise<Result> {
    const result = this.#line.wait(operation, { limitMs: this.#limits.placementQueueMs });
    this.#beginSoon();
    return operation.read(await result);
  }

  /** In a later turn, so that what is asked for in one turn goes together. */
  #beginSoon(): void {
    if (this.#isAboutToBegin || this.#line.size === 0 || this.#underWayCount >= this.#limits.placementsAtOnce) return;
    this.#isAboutToBegin = true;
    setImmediate(() => {
      this.#isAboutToBegin = false;
      this.#begin();
    });
  }

  #begin(): void {
    const batch: Waiting[] = [];
    while (batch.length < this.#limits.placementsInBatch) {
      const waiting = this.#line.shift();
      if (waiting === undefined) break;
      batch.push(waiting);
    }
    if (batch.length === 0) return;
    this.#underWayCount += 1;
    void this.#runBatch(batch).finally(() => {
      this.#underWayCount -= 1;
      this.#beginSoon();
    });
    this.#beginSoon();
  }

  /** Never rejects. */
  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#change(batch.map(({ ticket }) => ticket));
      for (const [index, waiting] of batch.entries()) waiting.serve(results[index]);
    } catch (cause) {
      if (batch.length > 1 && isInvalidOperation(cause)) {
        // One invalid operation must not fail the rest of its batch.
        for (const one of batch) await this.#runBatch([one]);
      } else {
        const error = cause instanceof Error ? cause : new Error('the change of capacity failed', { cause });
        for (const waiting of batch) waiting.refuse(error);
      }
    }
  }
}

/** A data exception or a violated constraint: classes 22 and 23 of PostgreSQL's codes. */
function isInvalidOperation(error: unknown): boolean {
  return /^2[23]/.test(sqlStateOf(error) ?? '');
}

function busy(): SchedulerError {
  return new SchedulerError('PLACEMENT_BUSY', 'too many sessions are being placed at this moment');
}
