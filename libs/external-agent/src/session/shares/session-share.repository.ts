import type { DataSource, EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';
import type { SessionId } from '../session-id.js';
import { SessionShareEntity } from './session-share.entity.js';
import type { ViewerRole } from './session-access.js';

/** A share as it is to be written. Either a grantee or the hash of a token. */
export interface ShareToWrite {
  readonly sessionId: SessionId;
  readonly createdBy: string;
  readonly role: ViewerRole;
  readonly granteeUserId: string | null;
  readonly tokenHash: Buffer | null;
  readonly label: string;
  readonly lifeMs: number;
}

const IS_LIVE = 'revoked_at IS NULL AND expires_at > now()';

/** Shares in PostgreSQL. Every method rejects with the database's errors when that is away. */
export class SessionShareRepository {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * A user who has a grant of the session keeps that one, with the new role, label and end.
   * @throws ExternalAgentError SESSION_NOT_FOUND, INVALID_REQUEST (the owner himself), TOO_MANY_SHARES
   */
  async write(share: ShareToWrite): Promise<SessionShareEntity> {
    return await this.#dataSource.transaction(async (manager) => {
      // Two at a time would both find the last place free, and a deletion would not see what is being made.
      const [session] = await manager.query<{ owner_id: string }[]>(
        'SELECT owner_id FROM sessions WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
        [share.sessionId],
      );
      if (session === undefined) throw new ExternalAgentError('SESSION_NOT_FOUND', 'Session not found');
      if (session.owner_id === share.granteeUserId) {
        throw new ExternalAgentError('INVALID_REQUEST', 'the session is this user’s own already');
      }
      await this.#makeRoom(manager, share);
      const id = (await this.#renewGrant(manager, share)) ?? (await this.#insert(manager, share));
      return await manager.findOneByOrFail(SessionShareEntity, { id });
    });
  }

  /** Those that open something now, newest first; at most `sharesMaxPerSession`. */
  async listLive(sessionId: SessionId): Promise<readonly SessionShareEntity[]> {
    return await this.#dataSource
      .getRepository(SessionShareEntity)
      .createQueryBuilder('share')
      .where(`share.session_id = :sessionId AND ${IS_LIVE}`, { sessionId })
      .orderBy('share.createdAt', 'DESC')
      .addOrderBy('share.id', 'DESC')
      .take(LIMITS.sharesMaxPerSession)
      .getMany();
  }

  /** The session of a token that opens something now. */
  async findSessionOfToken(tokenHash: Buffer): Promise<SessionId | undefined> {
    const [row] = await this.#dataSource.query<{ session_id: SessionId }[]>(
      `SELECT session_id FROM session_shares WHERE token_hash = $1 AND ${IS_LIVE}`,
      [tokenHash],
    );
    return row?.session_id;
  }

  /** `false` when the session has no such share. One that has ended stays as it is. */
  async revoke(sessionId: SessionId, shareId: string): Promise<boolean> {
    const [rows] = await this.#dataSource.query<[unknown[], number]>(
      `UPDATE session_shares SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND session_id = $2 RETURNING id`,
      [shareId, sessionId],
    );
    return rows.length > 0;
  }

  /** Drops those whose end is long past. */
  async sweep(): Promise<void> {
    await this.#dataSource.query(
      `DELETE FROM session_shares WHERE least(expires_at, revoked_at) < now() - $1 * interval '1 millisecond'`,
      [LIMITS.shareKeptMs],
    );
  }

  /** Also drops the oldest of too many that have ended: who makes and revokes them in a loop fills no table. */
  async #makeRoom(manager: EntityManager, { sessionId, granteeUserId }: ShareToWrite): Promise<void> {
    await manager.query(
      `DELETE FROM session_shares WHERE id IN (SELECT id FROM session_shares
         WHERE session_id = $1 AND NOT (${IS_LIVE}) ORDER BY created_at DESC, id DESC OFFSET $2)`,
      [sessionId, LIMITS.sharesEndedMaxPerSession],
    );
    const [row] = await manager.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM session_shares
         WHERE session_id = $1 AND ${IS_LIVE} AND grantee_user_id IS DISTINCT FROM $2::text`,
      // A grant that is only renewed takes no place; no user's id is empty.
      [sessionId, granteeUserId ?? ''],
    );
    if (row !== undefined && row.count < LIMITS.sharesMaxPerSession) return;
    throw new ExternalAgentError('TOO_MANY_SHARES', 'the session has as many shares as there may be; revoke one');
  }

  /** The id of the user's grant, if there is one to renew. */
  async #renewGrant(manager: EntityManager, share: ShareToWrite): Promise<string | undefined> {
    if (share.granteeUserId === null) return undefined;
    // One that has run out is over; the new one is another.
    await manager.query(
      `UPDATE session_shares SET revoked_at = expires_at
         WHERE session_id = $1 AND grantee_user_id = $2 AND revoked_at IS NULL AND expires_at <= now()`,
      [share.sessionId, share.granteeUserId],
    );
    const [rows] = await manager.query<[{ id: string }[], number]>(
      `UPDATE session_shares SET role = $3, label = $4, created_by = $5,
           expires_at = now() + $6 * interval '1 millisecond'
         WHERE session_id = $1 AND grantee_user_id = $2 AND revoked_at IS NULL RETURNING id`,
      [share.sessionId, share.granteeUserId, share.role, share.label, share.createdBy, share.lifeMs],
    );
    return rows[0]?.id;
  }

  async #insert(manager: EntityManager, share: ShareToWrite): Promise<string> {
    const id = `shr_${ulid().toLowerCase()}`;
    await manager.query(
      `INSERT INTO session_shares (id, session_id, created_by, role, grantee_user_id, token_hash, label, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 millisecond')`,
      [
        id,
        share.sessionId,
        share.createdBy,
        share.role,
        share.granteeUserId,
        share.tokenHash,
        share.label,
        share.lifeMs,
      ],
    );
    return id;
  }
}
