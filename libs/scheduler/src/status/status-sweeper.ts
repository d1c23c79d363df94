import type { DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import type { StatusTimes } from './derive-status.js';
import { StatusKeeper } from './status-keeper.js';
import { statusTimes } from './derive-status.js';

/** One host's trouble must not keep the others from their turn; that of the database is everybody's. */
const FAILURES_MAX = 5;

/**
 * Settles hosts whose status is not what it was derived from any more, and that nothing else settles: those that have
 * fallen silent or whose heartbeat is late, those of which no other machine claims the id any more, those that were heard of again, and those whose facts were written by a process
 * that died before it settled them. Any replica may sweep at any time.
 */
export class StatusSweeper {
  readonly #dataSource: DataSource;
  readonly #times: StatusTimes;
  readonly #keeper: StatusKeeper;

  constructor(dataSource: DataSource, times: Partial<StatusTimes> = {}) {
    this.#dataSource = dataSource;
    this.#times = statusTimes(times);
    this.#keeper = new StatusKeeper(dataSource, this.#times);
  }

  /**
   * `maySilence`: silence may be judged, since all could be heard for that long. Rejects with the first error after having tried the
   * other hosts too, unless many fail.
   */
  async sweep(maySilence = true): Promise<void> {
    const failures: unknown[] = [];
    for (const id of await this.#listDue(maySilence)) {
      if (failures.length === FAILURES_MAX) break;
      await this.#keeper.settle(id).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** In any order, so that replicas that sweep at once share the work. */
  async #listDue(maySilence: boolean): Promise<readonly string[]> {
    const rows = await this.#dataSource.query<{ readonly id: string }[]>(
      `SELECT id FROM wolf_instances
       WHERE settled_version <> facts_version
         OR ($4 AND (last_seen_at < now() - $1::float8 * interval '1 millisecond') <> (conditions @> '[{"type":"Silent"}]'))
         OR ($4 AND (link_connected AND coalesce(last_heartbeat_at < now() - $2::float8 * interval '1 millisecond', false))
           <> (conditions @> '[{"type":"HeartbeatLate"}]'))
         OR coalesce(other_machine_seen_at >= now() - $5::float8 * interval '1 millisecond', false)
           <> (conditions @> '[{"type":"TwoMachines"}]')
       ORDER BY random() LIMIT $3`,
      [
        this.#times.silenceMs,
        this.#times.heartbeatLateMs,
        SCHEDULER_LIMITS.listedInstances,
        maySilence,
        SCHEDULER_LIMITS.otherMachineKeptMs,
      ],
    );
    return rows.map(({ id }) => id);
  }
}
