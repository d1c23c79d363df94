import type { DataSource, EntityManager } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import type { FleetEvent, NewFleetEvent } from './fleet-event.js';

/** What became of each host and who did what to it, kept for a while, also of hosts that are gone. */
export class FleetEvents {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** In the transaction of what it tells of, so that one is not there without the other. */
  static async append(manager: EntityManager, events: readonly NewFleetEvent[]): Promise<void> {
    if (events.length === 0) return;
    await manager.query(
      `INSERT INTO wolf_instance_events (wolf_instance_id, kind, message, details, actor, remote_address)
       SELECT e->>'wolfInstanceId', e->>'kind', e->>'message', coalesce(e->'details', '{}'), e->>'actor', e->>'remoteAddress'
       FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS t (e, n) ORDER BY n`,
      [JSON.stringify(events)],
    );
  }

  /** Newest first; with `beforeId` those that are older than it. */
  async list(query: {
    readonly wolfInstanceId?: string;
    readonly beforeId?: string;
    readonly limit: number;
  }): Promise<readonly FleetEvent[]> {
    return await this.#dataSource.query<FleetEvent[]>(
      `SELECT id, wolf_instance_id AS "wolfInstanceId", at, kind, message, details, actor, remote_address AS "remoteAddress"
       FROM wolf_instance_events
       WHERE ($1::text IS NULL OR wolf_instance_id = $1) AND ($2::bigint IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [
        query.wolfInstanceId ?? null,
        query.beforeId ?? null,
        Math.min(Math.max(query.limit, 1), SCHEDULER_LIMITS.listedEvents),
      ],
    );
  }

  /** Drops what is too old, and of each host what is more than it may have; a part at a time. */
  async purge(): Promise<void> {
    // What operators did is counted apart: a host that flaps must not make it forgotten.
    const { eventsKeptMs, eventsPerInstance } = SCHEDULER_LIMITS;
    await this.#drop(
      `SELECT id FROM wolf_instance_events WHERE at < now() - $1::float8 * interval '1 millisecond'`,
      eventsKeptMs,
    );
    await this.#drop(
      `SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY wolf_instance_id, kind = 'operator' ORDER BY id DESC) AS place
                       FROM wolf_instance_events) e WHERE place > $1`,
      eventsPerInstance,
    );
  }

  async #drop(idsOf: string, bound: number): Promise<void> {
    const { purgedAtOnce } = SCHEDULER_LIMITS;
    for (let droppedCount: number = purgedAtOnce; droppedCount === purgedAtOnce;) {
      [, droppedCount] = await this.#dataSource.query<[unknown, number]>(
        `DELETE FROM wolf_instance_events WHERE id = ANY (ARRAY(${idsOf} LIMIT $2))`,
        [bound, purgedAtOnce],
      );
    }
  }
}
