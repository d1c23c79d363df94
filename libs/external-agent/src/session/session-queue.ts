import type { DataSource } from 'typeorm';
import { queuedReason } from './session-reasons.js';
import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import { IS_WAITING, LEASE_IS_FREE } from './session-state.js';
import { SessionWriter } from './session-writer.js';

interface Moved {
  readonly id: SessionId;
  readonly position: number;
  readonly deadlineAt: Date;
}

/** Sessions that wait for a slot, beside the queue of placements. Every method rejects with the database's errors. */
export class SessionQueue {
  readonly #dataSource: DataSource;
  readonly #writer: SessionWriter;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
    this.#writer = new SessionWriter(dataSource);
  }

  /** Those that the queue does not hold any more, or not for longer: they have a slot, or wait in vain. */
  async listLeaving(): Promise<readonly SessionId[]> {
    const rows = await this.#dataSource.query<{ id: SessionId }[]>(
      `SELECT id FROM sessions WHERE queue_deadline_at IS NOT NULL AND ${IS_WAITING} AND ${LEASE_IS_FREE}
         AND NOT EXISTS (SELECT FROM placement_queue q WHERE q.session_id = id AND q.deadline_at > now())
       ORDER BY queue_deadline_at, id LIMIT $1`,
      [LIMITS.driveQueueMaxCount],
    );
    return rows.map(({ id }) => id);
  }

  /** Tells those who wait how far they have come. */
  async refreshPositions(): Promise<void> {
    const moved = await this.#dataSource.query<Moved[]>(
      `SELECT s.id, q.position, s.queue_deadline_at AS "deadlineAt"
       FROM (SELECT session_id, (row_number() OVER (ORDER BY seq))::int AS position FROM placement_queue) q
       JOIN sessions s ON s.id = q.session_id
       WHERE ${IS_WAITING} AND s.queue_position IS DISTINCT FROM q.position LIMIT $1`,
      [LIMITS.queuePositionsAtOnce],
    );
    if (moved.length === 0) return;
    const place = 'array_position(CAST(:ids AS text[]), id)';
    const position = `(CAST(:positions AS int[]))[${place}]`;
    await this.#writer.changeMany(
      'moveInQueue',
      {
        where: `id IN (SELECT id FROM sessions WHERE id = ANY(:ids) AND ${IS_WAITING} ORDER BY id FOR UPDATE SKIP LOCKED)
          AND queue_position IS DISTINCT FROM ${position}`,
        parameters: {
          ids: moved.map(({ id }) => id),
          positions: moved.map(({ position }) => position),
          reasons: moved.map(({ position, deadlineAt }) => JSON.stringify(queuedReason(position, deadlineAt))),
        },
      },
      { queuePosition: () => position, reason: () => `CAST((CAST(:reasons AS text[]))[${place}] AS jsonb)` },
    );
  }
}
