import { SCHEDULER_LIMITS } from '@helix/scheduler';
import type { DataSource } from 'typeorm';
import { HOST_LOST_REASON, HOST_LOST_RESTART_REASON } from '../lifecycle/session-reasons.js';
import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import { LEASE_IS_FREE } from './session-sql.js';

export interface HostLossPolicy {
  /** A host that holds no link and is not heard of for this long is lost, in milliseconds. */
  readonly afterMs: number;
  /** How long after that its sessions wait for it to come back, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * Of a host `i`, with $1 in milliseconds. A link that stands is told of by whoever holds it well within `silenceMs`: one that is
 * not for longer was held by a replica that is gone itself.
 */
const IS_LOST = `greatest(i.last_seen_at, CASE WHEN i.link_connected
    THEN i.last_seen_at + interval '${String(SCHEDULER_LIMITS.silenceMs)} milliseconds' ELSE i.link_changed_at END)
  < now() - $1::float8 * interval '1 millisecond'`;

/**
 * Which sessions have lost their host, and until when they wait for it. Marks are made whoever holds the session's lease, as an
 * owner's wish is; what becomes of the session is its driver's business. Every method rejects with the database's errors.
 */
export class HostLosses {
  readonly #dataSource: DataSource;
  readonly #policy: HostLossPolicy;

  constructor(dataSource: DataSource, policy: HostLossPolicy) {
    this.#dataSource = dataSource;
    this.#policy = policy;
  }

  /** Takes the marks from sessions whose host is back, and returns them. */
  async clearReturned(): Promise<readonly SessionId[]> {
    return await this.#update(
      `UPDATE sessions s SET host_lost_at = NULL, host_lost_deadline_at = NULL, retry_at = NULL,
         reason = CASE WHEN s.reason->>'code' = $2 THEN NULL ELSE s.reason END, version = s.version + 1, updated_at = now()
       WHERE s.id IN (SELECT l.id FROM sessions l JOIN wolf_instances i ON i.id = l.wolf_instance_id
         WHERE l.host_lost_at IS NOT NULL AND NOT ${IS_LOST} ORDER BY l.id LIMIT $3 FOR UPDATE OF l SKIP LOCKED)
       RETURNING s.id`,
      [this.#policy.afterMs, HOST_LOST_REASON.code, LIMITS.hostLossesAtOnce],
    );
  }

  /**
   * Marks sessions that have, or may have, a desktop on a host that is lost, and returns them. Nothing else of them changes: slot,
   * lobby and token are theirs while the host may come back.
   */
  async mark(): Promise<readonly SessionId[]> {
    return await this.#update(
      `UPDATE sessions s SET host_lost_at = now(), host_lost_deadline_at = now() + $2::float8 * interval '1 millisecond',
         retry_at = NULL, version = s.version + 1, updated_at = now(),
         reason = CASE WHEN s.state <> 'running' OR s.desired <> 'running' THEN s.reason
           WHEN s.on_host_lost = 'restart' THEN $4::jsonb ELSE $3::jsonb END
       WHERE s.id IN (SELECT l.id FROM sessions l JOIN wolf_instances i ON i.id = l.wolf_instance_id
         WHERE l.state IN ('starting','running','stopping') AND l.host_lost_at IS NULL AND ${IS_LOST}
         ORDER BY l.id LIMIT $5 FOR UPDATE OF l SKIP LOCKED)
       RETURNING s.id`,
      [
        this.#policy.afterMs,
        this.#policy.deadlineMs,
        JSON.stringify(HOST_LOST_REASON),
        JSON.stringify(HOST_LOST_RESTART_REASON),
        LIMITS.hostLossesAtOnce,
      ],
    );
  }

  /** Sessions whose host has not come back in time and that nobody is at work on, those that wait longest first. */
  async listOverdue(): Promise<readonly SessionId[]> {
    const rows = await this.#dataSource.query<{ id: SessionId }[]>(
      `SELECT id FROM sessions s WHERE host_lost_at IS NOT NULL AND host_lost_deadline_at <= now() AND ${LEASE_IS_FREE}
         AND NOT EXISTS (SELECT FROM wolf_instances i WHERE i.id = s.wolf_instance_id AND NOT ${IS_LOST})
       ORDER BY host_lost_deadline_at, id LIMIT $2`,
      [this.#policy.afterMs, LIMITS.hostLossesAtOnce],
    );
    return rows.map(({ id }) => id);
  }

  async #update(statement: string, parameters: readonly unknown[]): Promise<readonly SessionId[]> {
    // To an UPDATE the driver answers with the rows and their number.
    const [rows] = await this.#dataSource.query<[{ id: SessionId }[], number]>(statement, [...parameters]);
    return rows.map(({ id }) => id);
  }
}
