import type { DataSource, EntityManager } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { sqlStateOf } from '../sql-state.js';

/** Any fixed number that nothing else in the database uses. */
const PLACEMENT_LOCK_KEY = 7_036_874_417;

/** PostgreSQL's code for a lock that was not granted in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` in a transaction that alone may change who is placed where. One lock for all hosts: which is the least loaded
 * is known only while no other placement is under way, and one takes a few milliseconds.
 *
 * The lock is taken by a statement of its own: a statement sees the rows as they were when it began, so one that
 * waited for the lock itself would count without the placement it waited for.
 *
 * Rejects with `PLACEMENT_BUSY` when a lock is not had within `SCHEDULER_LIMITS.placementLockMs`, and with what `work`
 * rejects with; either way nothing is changed.
 */
export async function withPlacementLock<T>(
  dataSource: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  try {
    return await dataSource.transaction('READ COMMITTED', async (manager) => {
      await manager.query(`SELECT set_config('lock_timeout', $1, true), pg_advisory_xact_lock($2)`, [
        String(SCHEDULER_LIMITS.placementLockMs),
        PLACEMENT_LOCK_KEY,
      ]);
      return await work(manager);
    });
  } catch (cause) {
    if (sqlStateOf(cause) === LOCK_NOT_AVAILABLE) {
      throw new SchedulerError('PLACEMENT_BUSY', 'too many sessions are being placed at this moment', { cause });
    }
    throw cause;
  }
}
