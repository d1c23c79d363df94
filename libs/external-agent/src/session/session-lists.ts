import { isLinkedElsewhere } from '@helix/scheduler';
import { Brackets, type DataSource } from 'typeorm';
import type { SessionId } from './session-id.js';
import { HAS_ENDED, IS_SETTLED, IS_WAITING, LEASE_IS_FREE } from './session-state.js';
import { SessionEntity } from './session.entity.js';

export interface SessionPage {
  readonly sessions: readonly SessionEntity[];
  readonly totalCount: number;
}

/** A session that waits to be finished, and the host that it has to do with, if any. */
export interface UnsettledSession {
  readonly id: SessionId;
  readonly wolfInstanceId: string | null;
}

/** Questions about many sessions at once; changes nothing. Every method rejects with the database's errors when that is away. */
export class SessionLists {
  readonly #dataSource: DataSource;
  readonly #replicaId: string;

  /** `replicaId`: whose links count as those of this process; see `isLinkedElsewhere`. */
  constructor(dataSource: DataSource, replicaId = '') {
    this.#dataSource = dataSource;
    this.#replicaId = replicaId;
  }

  /** Newest first; `ownerId` undefined lists those of all owners. `page` counts from 0. */
  async list(query: {
    readonly ownerId: string | undefined;
    readonly search?: string | undefined;
    /** Leaves out those that are stopped or failed. */
    readonly activeOnly?: boolean;
    readonly page: number;
    readonly pageSize: number;
  }): Promise<SessionPage> {
    const builder = this.#dataSource
      .getRepository(SessionEntity)
      .createQueryBuilder('session')
      .where('session.deleted_at IS NULL');
    if (query.ownerId !== undefined) builder.andWhere('session.owner_id = :owner', { owner: query.ownerId });
    if (query.activeOnly === true) builder.andWhere(`session.state NOT IN ('stopped','failed')`);
    if (query.search !== undefined && query.search !== '') {
      // PostgreSQL refuses text with a NUL; no name has one either.
      const text = query.search.replaceAll('\u0000', '');
      const pattern = `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
      builder.andWhere(
        new Brackets((either) => either.where('session.name ILIKE :pattern').orWhere('session.id ILIKE :pattern')),
        { pattern },
      );
    }
    const [sessions, totalCount] = await builder
      .orderBy('session.createdAt', 'DESC')
      .addOrderBy('session.id', 'DESC')
      .skip(query.page * query.pageSize)
      .take(query.pageSize)
      .getManyAndCount();
    return { sessions, totalCount };
  }

  /**
   * Sessions between two states without a driver that are due, those that wait longest first, without those that wait
   * for a slot and those whose host is linked at another replica. At most
   * `perHost` of each host, so that those of one that does not answer leave room for the others.
   */
  async listUnsettled(limit: number, perHost: number): Promise<readonly UnsettledSession[]> {
    return await this.#dataSource.query<UnsettledSession[]>(
      `SELECT id, wolf_instance_id AS "wolfInstanceId" FROM (
         SELECT id, wolf_instance_id, coalesce(retry_at, updated_at) AS due_at,
           row_number() OVER (PARTITION BY wolf_instance_id ORDER BY coalesce(retry_at, updated_at), id) AS place
         FROM sessions
         WHERE NOT ${IS_SETTLED} AND NOT ${IS_WAITING} AND ${LEASE_IS_FREE} AND (retry_at IS NULL OR retry_at < now())
           AND NOT EXISTS (SELECT FROM wolf_instances i WHERE i.id = wolf_instance_id AND ${isLinkedElsewhere('$3')})
       ) s
       WHERE place <= $2 ORDER BY place, due_at, id LIMIT $1`,
      [limit, perHost, this.#replicaId],
    );
  }

  /** Those that have ended, by what their rows say, and still hold a slot or stand in the queue for one. */
  async listEndedHolders(limit: number): Promise<readonly SessionId[]> {
    const rows = await this.#dataSource.query<{ id: SessionId }[]>(
      `SELECT s.id FROM (SELECT session_id FROM placements UNION SELECT session_id FROM placement_queue) h
       JOIN sessions s ON s.id = h.session_id
       WHERE ${HAS_ENDED} AND ${LEASE_IS_FREE} ORDER BY s.id LIMIT $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }

  /** Ids of sessions whose desktop should have a link, at most `limit`: those that were worked with last. */
  async listRunningIds(limit: number): Promise<readonly SessionId[]> {
    const rows = await this.#dataSource.query<{ id: SessionId }[]>(
      `SELECT id FROM sessions WHERE state = 'running' ORDER BY last_activity_at DESC, id LIMIT $1`,
      [limit],
    );
    return rows.map((row) => row.id);
  }

  async countByState(): Promise<Readonly<Record<string, number>>> {
    const rows: { state: string; count: number }[] = await this.#dataSource.query(
      'SELECT state, count(*)::int AS count FROM sessions GROUP BY state',
    );
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  }
}
