import { isLinkedElsewhere } from '@helix/scheduler';
import type { DataSource, QueryDeepPartialEntity } from 'typeorm';
import { LIMITS } from '../limits.js';
import type { SessionId } from './session-id.js';
import { HAS_ENDED, IS_SETTLED, IS_WAITING, LEASE_IS_FREE } from './session-sql.js';
import { HOST_NOT_LOST, NOT_WAITING, type SessionPatch } from './session-patch.js';
import { SessionEntity } from './session.entity.js';
import type { DesiredState, SessionReason } from './session-state.js';

export type NewSession = Pick<
  SessionEntity,
  'id' | 'ownerId' | 'name' | 'lobbyPin' | 'display' | 'environment' | 'gpuVendor' | 'image' | 'labels' | 'idleLimitMs'
> &
  Partial<Pick<SessionEntity, 'placementLabels' | 'queueMs' | 'onHostLost'>>;

/**
 * Sessions in PostgreSQL. Nothing here saves a whole row: a command changes the columns it owns, in one statement that
 * names the lease it holds, so that no stale copy ever overwrites what another command wrote.
 */
export class SessionRepository {
  readonly #dataSource: DataSource;
  readonly #replicaId: string;

  /** `replicaId`: whose links count as those of this process; see `isLinkedElsewhere`. */
  constructor(dataSource: DataSource, replicaId = '') {
    this.#dataSource = dataSource;
    this.#replicaId = replicaId;
  }

  /** Inserts a queued session; `false` when the id exists already, whoever owns it. */
  async insert(session: NewSession): Promise<boolean> {
    const result = await this.#dataSource
      .createQueryBuilder()
      .insert()
      .into(SessionEntity)
      .values({
        ...session,
        state: 'queued',
        desired: 'running',
        version: 1,
        startAttempts: 0,
        unfinishedDrives: 0,
      })
      .orIgnore()
      .returning('id')
      .execute();
    return (result.raw as unknown[]).length === 1;
  }

  /**
   * Takes a session out again for which there was no place: no host has ever been asked for it. `false` for any other, and for one that was asked for again meanwhile.
   */
  async removeRefused(id: SessionId): Promise<boolean> {
    const { affected } = await this.#dataSource
      .createQueryBuilder()
      .delete()
      .from(SessionEntity)
      .where(`id = :id AND state = 'failed' AND wolf_instance_id IS NULL AND start_attempts = 0 AND ${LEASE_IS_FREE}`, {
        id,
      })
      .execute();
    return affected === 1;
  }

  find(id: SessionId): Promise<SessionEntity | null> {
    return this.#dataSource.getRepository(SessionEntity).findOneBy({ id });
  }

  /**
   * Records what the owner wants, whoever holds the lease; the holder sees it with its next change. Wanting it again
   * changes nothing. `undefined` when there is no such session.
   */
  async setDesired(id: SessionId, desired: DesiredState): Promise<SessionEntity | undefined> {
    const changed = await this.#change(
      { desired, unfinishedDrives: 0, retryAt: null },
      'id = :id AND desired <> :desired',
      { id, desired },
    );
    return changed ?? (await this.find(id)) ?? undefined;
  }

  /**
   * Asks for the stop of what runs or is being started on a host, of at most `limit` sessions. Resolves with how many; those
   * of which it was asked before do not count.
   */
  async stopOnHost(wolfInstanceId: string, reason: SessionReason, limit: number): Promise<number> {
    // To an UPDATE the driver answers with the rows and their number.
    const [, count] = await this.#dataSource.query<[unknown[], number]>(
      `UPDATE sessions SET desired = 'stopped', reason = $2::jsonb, unfinished_drives = 0, retry_at = NULL,
         version = version + 1, updated_at = now()
       WHERE id IN (SELECT id FROM sessions WHERE wolf_instance_id = $1 AND state IN ('starting','running')
         AND desired = 'running' ORDER BY id LIMIT $3 FOR UPDATE)`,
      [wolfInstanceId, JSON.stringify(reason), limit],
    );
    return count;
  }

  /**
   * Puts a failed session back into the queue for another try; nothing happens to any other. Its host stays on it: a create
   * that was given up may still be carried out there.
   */
  async requeueFailed(id: SessionId): Promise<void> {
    await this.#change(
      { state: 'queued', reason: null, startAttempts: 0, generation: () => 'generation + 1' },
      `id = :id AND state = 'failed' AND desired = 'running'`,
      { id },
    );
  }

  /**
   * The owner wants the desktop back. One that has ended is queued anew and remembers its host, where its workspace lies; one
   * whose stop is under way is queued by whoever finishes the stop. Nothing changes for one that runs or is on its way.
   * `undefined` when there is no such session, or it is deleted.
   */
  async resume(id: SessionId): Promise<SessionEntity | undefined> {
    const changed = await this.#change(
      {
        desired: 'running',
        state: () => `CASE WHEN ${HAS_ENDED} THEN 'queued' ELSE state END`,
        reason: null,
        startAttempts: () => `CASE WHEN ${HAS_ENDED} THEN 0 ELSE start_attempts END`,
        generation: () => `CASE WHEN ${HAS_ENDED} THEN generation + 1 ELSE generation END`,
        ...NOT_WAITING,
        stoppedAt: null,
        unfinishedDrives: 0,
        retryAt: null,
        lastActivityAt: () => 'now()',
      },
      `id = :id AND deleted_at IS NULL AND (desired = 'stopped' OR ${HAS_ENDED})`,
      { id },
    );
    if (changed !== undefined) return changed;
    const session = await this.find(id);
    return session?.deletedAt === null ? session : undefined;
  }

  /** The lobby stands. The desktop counts as worked with from now on. `undefined` when the lease is lost. */
  markRunning(id: SessionId, holder: string, lobbyId: string): Promise<SessionEntity | undefined> {
    return this.#change(
      {
        state: 'running',
        lobbyId,
        reason: null,
        ...HOST_NOT_LOST,
        startedAt: () => 'now()',
        lastActivityAt: () => 'now()',
      },
      'id = :id AND lease_holder = :holder',
      { id, holder },
    );
  }

  /**
   * The desktop is gone, its slot and tokens with it: `stopped`, or `queued` when the owner has asked for it again meanwhile.
   * `undefined` when the lease is lost.
   */
  finishStop(id: SessionId, holder: string, reason: SessionReason | null): Promise<SessionEntity | undefined> {
    return this.#change(
      {
        state: () => `CASE desired WHEN 'running' THEN 'queued' ELSE 'stopped' END`,
        startAttempts: () => `CASE desired WHEN 'running' THEN 0 ELSE start_attempts END`,
        generation: () => `CASE desired WHEN 'running' THEN generation + 1 ELSE generation END`,
        stoppedAt: () => `CASE desired WHEN 'running' THEN NULL ELSE now() END`,
        reason,
        lobbyId: null,
        ...NOT_WAITING,
        ...HOST_NOT_LOST,
      },
      'id = :id AND lease_holder = :holder',
      { id, holder },
    );
  }

  /** `undefined` when there is no such session, or it is deleted. */
  rename(id: SessionId, name: string): Promise<SessionEntity | undefined> {
    return this.#change({ name }, 'id = :id AND deleted_at IS NULL', { id });
  }

  /** Hides the session and asks for the stop of its desktop. `undefined` when there is none, or it is deleted already. */
  markDeleted(id: SessionId): Promise<SessionEntity | undefined> {
    return this.#change(
      { desired: 'stopped', deletedAt: () => 'now()', unfinishedDrives: 0, retryAt: null },
      'id = :id AND deleted_at IS NULL',
      { id },
    );
  }

  /**
   * Takes the session for one command of one replica. `undefined` while another holds it, and, unless it is taken for the sake of a
   * host that is linked `here`, while its host is linked at another replica, which then is the one to work on it.
   * A holder that dies loses it when the lease runs out.
   */
  claim(id: SessionId, holder: string, leaseMs: number, here = false): Promise<SessionEntity | undefined> {
    return this.#update(
      { leaseHolder: holder, leaseExpiresAt: () => leaseEnd(leaseMs) },
      `id = :id AND ${LEASE_IS_FREE} AND (:here OR NOT EXISTS (SELECT FROM wolf_instances i
         WHERE i.id = sessions.wolf_instance_id AND ${isLinkedElsewhere(':replica')}))`,
      { id, here, replica: this.#replicaId },
    );
  }

  /** Is this host linked at another replica that lives? */
  async isLinkedElsewhere(wolfInstanceId: string): Promise<boolean> {
    const rows = await this.#dataSource.query<unknown[]>(
      `SELECT FROM wolf_instances i WHERE i.id = $1 AND ${isLinkedElsewhere('$2')}`,
      [wolfInstanceId, this.#replicaId],
    );
    return rows.length > 0;
  }

  /** Tells every replica that the session can be worked on now, as a slot that came free does. */
  async announce(id: SessionId): Promise<void> {
    await this.#dataSource.query(`SELECT pg_notify('helix_placements', $1)`, [id]);
  }

  /** Lengthens the lease; `false` when it is lost, after which every change of this holder is refused. */
  async renew(id: SessionId, holder: string, leaseMs: number): Promise<boolean> {
    const row = await this.#update({ leaseExpiresAt: () => leaseEnd(leaseMs) }, 'id = :id AND lease_holder = :holder', {
      id,
      holder,
    });
    return row !== undefined;
  }

  /** Changes the session on behalf of the holder of its lease; `undefined` when the lease is lost. */
  change(id: SessionId, holder: string, patch: SessionPatch): Promise<SessionEntity | undefined> {
    return this.#change(patch, 'id = :id AND lease_holder = :holder', { id, holder });
  }

  /**
   * Gives the lease back. A session that is not settled is left alone by the reconciler for a while, longer each time; of one that
   * waits for a slot the queue decides when it is taken up.
   */
  async release(id: SessionId, holder: string): Promise<void> {
    const { retryFirstMs, retryLongestMs } = LIMITS;
    await this.#update(
      {
        leaseHolder: null,
        leaseExpiresAt: null,
        unfinishedDrives: () => `CASE WHEN ${IS_SETTLED} THEN 0 ELSE unfinished_drives + 1 END`,
        retryAt: () => `CASE WHEN ${IS_SETTLED} OR ${IS_WAITING} THEN NULL ELSE now() + interval '1 millisecond'
          * least(${String(retryLongestMs)},
              ${String(retryFirstMs)} * 2 ^ least(greatest(unfinished_drives, start_attempts - 1), 20)) END`,
      },
      'id = :id AND lease_holder = :holder',
      { id, holder },
    );
  }

  /** A change that readers see: it raises the version. Leases are not. */
  #change(
    patch: QueryDeepPartialEntity<SessionEntity>,
    where: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<SessionEntity | undefined> {
    return this.#update({ ...patch, version: () => 'version + 1', updatedAt: () => 'now()' }, where, parameters);
  }

  async #update(
    patch: QueryDeepPartialEntity<SessionEntity>,
    where: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<SessionEntity | undefined> {
    const result = await this.#dataSource
      .createQueryBuilder()
      .update(SessionEntity)
      .set(patch)
      .where(where, parameters)
      .returning('*')
      .execute();
    const row = (result.raw as Record<string, unknown>[])[0];
    return row === undefined ? undefined : this.#fromRow(row);
  }

  #fromRow(row: Readonly<Record<string, unknown>>): SessionEntity {
    const session = new SessionEntity();
    for (const column of this.#dataSource.getMetadata(SessionEntity).columns) {
      column.setEntityValue(session, row[column.databaseName]);
    }
    return session;
  }
}

/** SQL for the end of a lease; the length is a number of ours, never input. */
function leaseEnd(leaseMs: number): string {
  return `now() + interval '${String(Math.round(leaseMs))} milliseconds'`;
}
