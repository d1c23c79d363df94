import { isLinkedElsewhere } from '@helix/scheduler';
import type { DataSource } from 'typeorm';
import type { SessionId } from './session-id.js';
import { LEASE_IS_FREE, type SessionReason } from './session-state.js';
import { SessionWriter } from './session-writer.js';
import { SessionEntity } from './session.entity.js';
import { INITIAL_STATE, type DriverTransition, type Given } from './transitions.js';

export type NewSession = Pick<
  SessionEntity,
  'id' | 'ownerId' | 'name' | 'lobbyPin' | 'display' | 'environment' | 'gpuVendor' | 'image' | 'labels' | 'idleLimitMs'
> &
  Partial<Pick<SessionEntity, 'placementLabels' | 'queueMs' | 'onHostLost'>>;

/**
 * Sessions in PostgreSQL. Nothing here saves a whole row: a command changes the columns of its transition, in one statement that
 * names the lease it holds, so that no stale copy ever overwrites what another command wrote.
 */
export class SessionRepository {
  readonly #dataSource: DataSource;
  readonly #writer: SessionWriter;
  readonly #replicaId: string;

  /** `replicaId`: whose links count as those of this process; see `isLinkedElsewhere`. */
  constructor(dataSource: DataSource, replicaId = '') {
    this.#dataSource = dataSource;
    this.#writer = new SessionWriter(dataSource);
    this.#replicaId = replicaId;
  }

  /** Inserts a queued session; `false` when the id exists already, of any owner. */
  async insert(session: NewSession): Promise<boolean> {
    const result = await this.#dataSource
      .createQueryBuilder()
      .insert()
      .into(SessionEntity)
      .values({
        ...session,
        state: INITIAL_STATE,
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
   * The owner wants the desktop stopped; the holder of the lease sees it with its next change. Wanting it again changes nothing.
   * `undefined` when there is no such session.
   */
  async requestStop(id: SessionId): Promise<SessionEntity | undefined> {
    const rows = { where: `id = :id AND desired <> 'stopped'`, parameters: { id } };
    return (await this.#writer.changeOne('requestStop', rows)) ?? (await this.find(id)) ?? undefined;
  }

  /**
   * Asks for the stop of what runs or is being started on a host, of at most `limit` sessions. Resolves with how many; those
   * of which it was asked before do not count.
   */
  async stopOnHost(wolfInstanceId: string, reason: SessionReason, limit: number): Promise<number> {
    const where = `id IN (SELECT id FROM sessions WHERE wolf_instance_id = :wolfInstanceId AND state IN ('starting','running')
      AND desired = 'running' ORDER BY id LIMIT :limit FOR UPDATE)`;
    const rows = { where, parameters: { wolfInstanceId, limit } };
    return (await this.#writer.changeMany('stopOnHost', rows, { reason })).length;
  }

  /** Puts a failed session back into the queue for another try; nothing happens to any other. */
  async requeueFailed(id: SessionId): Promise<void> {
    await this.#writer.changeOne('requeueFailed', { where: `id = :id AND desired = 'running'`, parameters: { id } });
  }

  /**
   * The owner wants the desktop back. One that has ended is queued and remembers its host, where its workspace lies; one whose
   * stop is under way is queued by the driver that finishes the stop. Nothing changes for one that runs or is on its way.
   * `undefined` when there is no such session, or it is deleted.
   */
  async resume(id: SessionId): Promise<SessionEntity | undefined> {
    const parameters = { id };
    const stopping = { where: `id = :id AND deleted_at IS NULL AND desired = 'stopped'`, parameters };
    // In this order: a stop that ends between the two is found by the second.
    const changed =
      (await this.#writer.changeOne('takeStopBack', stopping)) ??
      (await this.#writer.changeOne('resumeEnded', { where: 'id = :id AND deleted_at IS NULL', parameters }));
    if (changed !== undefined) return changed;
    const session = await this.find(id);
    return session?.deletedAt === null ? session : undefined;
  }

  /** `undefined` when there is no such session, or it is deleted. */
  rename(id: SessionId, name: string): Promise<SessionEntity | undefined> {
    return this.#writer.changeOne('rename', { where: 'id = :id AND deleted_at IS NULL', parameters: { id } }, { name });
  }

  /** Hides the session and asks for the stop of its desktop. `undefined` when there is none, or it is deleted already. */
  markDeleted(id: SessionId): Promise<SessionEntity | undefined> {
    return this.#writer.changeOne('markDeleted', { where: 'id = :id AND deleted_at IS NULL', parameters: { id } });
  }

  /**
   * Takes the session for one command of one replica. `undefined` while another holds it, and, unless it is taken for the sake of a
   * host that is linked `here`, while its host is linked at another replica, which then is the one to work on it.
   * A holder that dies loses it when the lease runs out.
   */
  claim(id: SessionId, holder: string, leaseMs: number, here = false): Promise<SessionEntity | undefined> {
    const where = `id = :id AND ${LEASE_IS_FREE} AND (:here OR NOT EXISTS (SELECT FROM wolf_instances i
      WHERE i.id = sessions.wolf_instance_id AND ${isLinkedElsewhere(':replica')}))`;
    const lease = { leaseHolder: holder, leaseExpiresAt: () => leaseEnd(leaseMs) };
    return this.#writer.changeOne('claimLease', { where, parameters: { id, here, replica: this.#replicaId } }, lease);
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
    return (await this.change(id, holder, 'renewLease', { leaseExpiresAt: () => leaseEnd(leaseMs) })) !== undefined;
  }

  /**
   * Changes the session on behalf of the holder of its lease; `undefined` when the lease is lost, or the session is in a state
   * from which the transition does not go.
   */
  change<Name extends DriverTransition>(
    id: SessionId,
    holder: string,
    transition: Name,
    ...given: Given<Name>
  ): Promise<SessionEntity | undefined> {
    const rows = { where: 'id = :id AND lease_holder = :holder', parameters: { id, holder } };
    return this.#writer.changeOne(transition, rows, ...given);
  }

  /** Gives the lease back; see the transition `releaseLease`. */
  async release(id: SessionId, holder: string): Promise<void> {
    await this.change(id, holder, 'releaseLease');
  }
}

/** SQL for the end of a lease; the length is a number of ours, never input. */
function leaseEnd(leaseMs: number): string {
  return `now() + interval '${String(Math.round(leaseMs))} milliseconds'`;
}
