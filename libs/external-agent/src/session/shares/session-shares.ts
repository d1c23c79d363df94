import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { ExternalAgentError } from '../../external-agent-error.js';
import { LIMITS } from '../../limits.js';
import type { SessionId } from '../session-id.js';
import { LiveShares } from './live-shares.js';
import type { SessionShareEntity } from './session-share.entity.js';
import { SessionShareRepository } from './session-share.repository.js';
import type { ViewerRole } from './session-access.js';

export interface NewShare {
  readonly createdBy: string;
  readonly role: ViewerRole;
  /** For one user, or for the holder of the token with this hash (SHA-256). */
  readonly holder: { readonly userId: string } | { readonly tokenHash: Buffer };
  readonly label?: string | undefined;
  /** Milliseconds; `shareLifeDefaultMs` where it is absent. */
  readonly lifeMs?: number | undefined;
}

export type ShareListener = (sessionId: SessionId | undefined) => void;

/**
 * Who may watch a session beside its owner. Changes made here count at once, those of other replicas as soon as they are
 * announced (`invalidate`), or after two seconds. A share ends by its time or by being revoked, and opens nothing then.
 */
export class SessionShares {
  readonly #repository: SessionShareRepository;
  readonly #live: LiveShares;
  /** A token is of one session for good; whether it still opens it is told by the session's shares. */
  readonly #sessionOfToken = new LRUCache<string, SessionId>({ max: LIMITS.shareTokensRemembered });
  readonly #listeners = new Set<ShareListener>();

  constructor(dataSource: DataSource, time?: () => Date) {
    this.#repository = new SessionShareRepository(dataSource);
    this.#live = new LiveShares(this.#repository, undefined, time);
  }

  /**
   * A user has one grant of a session: another one for them replaces its role, label and end, and keeps its id.
   * @throws ExternalAgentError SESSION_NOT_FOUND, INVALID_REQUEST, TOO_MANY_SHARES; the database's errors
   */
  async create(sessionId: SessionId, share: NewShare): Promise<SessionShareEntity> {
    const { createdBy, role, holder, label = '', lifeMs = LIMITS.shareLifeDefaultMs } = share;
    if (label.length > LIMITS.shareLabelMaxLength || /[\p{Cc}\p{Cs}]/u.test(label)) {
      const most = String(LIMITS.shareLabelMaxLength);
      throw new ExternalAgentError('INVALID_REQUEST', `label may have ${most} characters, and none of control`);
    }
    if (!(lifeMs >= 1 && lifeMs <= LIMITS.shareLifeMaxMs)) {
      throw new ExternalAgentError('INVALID_REQUEST', 'a share lasts for 30 days at most');
    }
    const created = await this.#repository.write({
      sessionId,
      createdBy,
      role,
      label,
      lifeMs: Math.round(lifeMs),
      granteeUserId: 'userId' in holder ? holder.userId : null,
      tokenHash: 'tokenHash' in holder ? holder.tokenHash : null,
    });
    this.invalidate(sessionId, created.id);
    return created;
  }

  /** Those that open something now, newest first, from the database. @throws the database's errors */
  async list(sessionId: SessionId): Promise<readonly SessionShareEntity[]> {
    return await this.#repository.listLive(sessionId);
  }

  /**
   * `false` when the session has no such share; revoking one twice is a success.
   * @throws the database's errors
   */
  async revoke(sessionId: SessionId, shareId: string): Promise<boolean> {
    const isRevoked = await this.#repository.revoke(sessionId, shareId);
    if (isRevoked) this.invalidate(sessionId, shareId);
    return isRevoked;
  }

  /**
   * The share that the token with this hash opens. While PostgreSQL is away, tokens seen lately still count.
   * @throws the database's error when it cannot be told
   */
  async findByToken(tokenHash: Buffer): Promise<SessionShareEntity | undefined> {
    const name = tokenHash.toString('latin1');
    let sessionId = this.#sessionOfToken.get(name);
    if (sessionId === undefined) {
      sessionId = await this.#repository.findSessionOfToken(tokenHash);
      // Guesses are not remembered, so that they take no memory.
      if (sessionId === undefined) return undefined;
      this.#sessionOfToken.set(name, sessionId);
    }
    const shares = await this.#live.of(sessionId);
    return shares.find((share) => share.tokenHash?.equals(tokenHash) === true);
  }

  /** The grant that a user has of a session. @throws the database's error when it cannot be told */
  async findGrant(sessionId: SessionId, userId: string): Promise<SessionShareEntity | undefined> {
    return (await this.#live.of(sessionId)).find(({ granteeUserId }) => granteeUserId === userId);
  }

  /** A share, if it still opens something. @throws the database's error when it cannot be told */
  async findLive(sessionId: SessionId, shareId: string): Promise<SessionShareEntity | undefined> {
    return (await this.#live.of(sessionId)).find(({ id }) => id === shareId);
  }

  /**
   * Shares of the session, or with `undefined` any, may have changed: who asks from now on is answered from a new read. A share
   * that is named as changed counts no more until it is read, also while the database is away.
   */
  invalidate(sessionId: SessionId | undefined, changedShareId?: string): void {
    this.#live.invalidate(sessionId, changedShareId);
    for (const listener of [...this.#listeners]) listener(sessionId);
  }

  /**
   * Hears of each session whose shares may have changed, on any replica; `undefined`: any session's. One change may be
   * told twice. That a share's time is over is no change: see its `expiresAt`. Listeners must not throw. Returns what ends it.
   */
  subscribe(listener: ShareListener): () => void {
    // A subscription of its own, so that one who subscribes the same function twice ends them one by one.
    const own: ShareListener = (sessionId) => {
      listener(sessionId);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }
}
