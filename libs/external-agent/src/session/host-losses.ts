import { SCHEDULER_LIMITS } from '@helix/scheduler';
import type { DataSource } from 'typeorm';
import { HOST_LOST_REASON, HOST_LOST_RESTART_REASON } from './session-reasons.js';
import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import { LEASE_IS_FREE } from './session-state.js';
import { SessionWriter } from './session-writer.js';

export interface HostLossPolicy {
  /** A host that holds no link and is not heard of for this long is lost, in milliseconds. */
  readonly afterMs: number;
  /** How long after that its sessions wait for it to come back, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * Of a host `i`. A link that stands is reported by its replica well within `silenceMs`: one that is
 * not for longer was held by a replica that is gone itself.
 */
function isLost(afterMs: string): string {
  return `greatest(i.last_seen_at, CASE WHEN i.link_connected
      THEN i.last_seen_at + interval '${String(SCHEDULER_LIMITS.silenceMs)} milliseconds' ELSE i.link_changed_at END)
    < now() - CAST(${afterMs} AS float8) * interval '1 millisecond'`;
}

/**
 * Which sessions have lost their host, and until when they wait for it. Marks are made without the session's lease, as an
 * owner's wish is; what becomes of the session is its driver's business. Every method rejects with the database's errors.
 */
export class HostLosses {
  readonly #dataSource: DataSource;
  readonly #writer: SessionWriter;
  readonly #policy: HostLossPolicy;

  constructor(dataSource: DataSource, policy: HostLossPolicy) {
    this.#dataSource = dataSource;
    this.#writer = new SessionWriter(dataSource);
    this.#policy = policy;
  }

  /** Takes the marks from sessions whose host is back, and returns them. */
  async clearReturned(): Promise<readonly SessionId[]> {
    const where = `id IN (SELECT l.id FROM sessions l JOIN wolf_instances i ON i.id = l.wolf_instance_id
      WHERE l.host_lost_at IS NOT NULL AND NOT ${isLost(':afterMs')} ORDER BY l.id LIMIT :limit FOR UPDATE OF l SKIP LOCKED)`;
    const parameters = { afterMs: this.#policy.afterMs, code: HOST_LOST_REASON.code, limit: LIMITS.hostLossesAtOnce };
    return await this.#writer.changeMany(
      'clearHostLost',
      { where, parameters },
      { reason: () => `CASE WHEN reason->>'code' = :code THEN NULL ELSE reason END` },
    );
  }

  /**
   * Marks sessions that have, or may have, a desktop on a host that is lost, and returns them. Nothing else of them changes: slot,
   * lobby and token are theirs while the host may come back.
   */
  async mark(): Promise<readonly SessionId[]> {
    const where = `id IN (SELECT l.id FROM sessions l JOIN wolf_instances i ON i.id = l.wolf_instance_id
      WHERE l.state IN ('starting','running','stopping') AND l.host_lost_at IS NULL AND ${isLost(':afterMs')}
      ORDER BY l.id LIMIT :limit FOR UPDATE OF l SKIP LOCKED)`;
    const { afterMs, deadlineMs } = this.#policy;
    const reasons = { mayReturn: JSON.stringify(HOST_LOST_REASON), restarts: JSON.stringify(HOST_LOST_RESTART_REASON) };
    return await this.#writer.changeMany(
      'markHostLost',
      { where, parameters: { afterMs, deadlineMs, limit: LIMITS.hostLossesAtOnce, ...reasons } },
      {
        hostLostDeadlineAt: () => `now() + CAST(:deadlineMs AS float8) * interval '1 millisecond'`,
        reason: () => `CASE WHEN state <> 'running' OR desired <> 'running' THEN reason
          WHEN on_host_lost = 'restart' THEN CAST(:restarts AS jsonb) ELSE CAST(:mayReturn AS jsonb) END`,
      },
    );
  }

  /** Sessions whose host has not come back in time and that no driver is at work on, those that wait longest first. */
  async listOverdue(): Promise<readonly SessionId[]> {
    const rows = await this.#dataSource.query<{ id: SessionId }[]>(
      `SELECT id FROM sessions s WHERE host_lost_at IS NOT NULL AND host_lost_deadline_at <= now() AND ${LEASE_IS_FREE}
         AND NOT EXISTS (SELECT FROM wolf_instances i WHERE i.id = s.wolf_instance_id AND NOT ${isLost('$1')})
       ORDER BY host_lost_deadline_at, id LIMIT $2`,
      [this.#policy.afterMs, LIMITS.hostLossesAtOnce],
    );
    return rows.map(({ id }) => id);
  }
}
