import type { DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import type { StatusTimes } from '../status/derive-status.js';
import { statusTimes } from '../status/derive-status.js';
import type { WolfInstanceStatus } from '../tables/wolf-instance.entity.js';

export interface FleetCounts {
  /** Hosts; a status that none has is there too. */
  readonly byStatus: Readonly<Record<WolfInstanceStatus, number>>;
  /** `free`: of hosts that take sessions, if only as the last choice; the others are of all hosts. */
  readonly slots: Readonly<Record<'max' | 'reserved' | 'confirmed' | 'foreign' | 'free', number>>;
}

type Row = FleetCounts['slots'] & { readonly status: WolfInstanceStatus; readonly count: number };

/** The fleet in numbers, for those who look often: one statement every few seconds, however many ask. */
export class FleetTotals {
  readonly #dataSource: DataSource;
  readonly #silenceMs: number;
  #latest: { readonly counts: Promise<FleetCounts>; readonly at: number } | undefined;

  constructor(dataSource: DataSource, times: Partial<StatusTimes> = {}) {
    this.#dataSource = dataSource;
    this.#silenceMs = statusTimes(times).silenceMs;
  }

  /** At most `SCHEDULER_LIMITS.totalsAgeMs` old. Rejects with the database's errors. */
  read(): Promise<FleetCounts> {
    if (this.#latest === undefined || performance.now() - this.#latest.at > SCHEDULER_LIMITS.totalsAgeMs) {
      const latest = { counts: this.#count(), at: performance.now() };
      this.#latest = latest;
      latest.counts.catch(() => {
        if (this.#latest === latest) this.#latest = undefined;
      });
    }
    return this.#latest.counts;
  }

  async #count(): Promise<FleetCounts> {
    const rows = await this.#dataSource.query<Row[]>(
      `SELECT CASE WHEN i.last_seen_at < now() - $1::float8 * interval '1 millisecond' THEN 'offline' ELSE i.status END AS status,
         count(*)::int AS count, sum(c.max_sandboxes)::int AS max, sum(c.reserved)::int AS reserved,
         sum(c.confirmed)::int AS confirmed, sum(c.foreign_lobbies)::int AS foreign,
         coalesce(sum(greatest(c.max_sandboxes - c.reserved - c.confirmed - c.foreign_lobbies, 0))
           FILTER (WHERE c.rank IS NOT NULL), 0)::int AS free
       FROM wolf_instances i JOIN wolf_capacities c ON c.wolf_instance_id = i.id GROUP BY 1`,
      [this.#silenceMs],
    );
    const byStatus = { online: 0, degraded: 0, draining: 0, cordoned: 0, offline: 0 };
    const slots = { max: 0, reserved: 0, confirmed: 0, foreign: 0, free: 0 };
    for (const row of rows) {
      byStatus[row.status] += row.count;
      for (const kind of ['max', 'reserved', 'confirmed', 'foreign', 'free'] as const) slots[kind] += row[kind];
    }
    return { byStatus, slots };
  }
}
