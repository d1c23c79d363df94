import { Injectable } from '@nestjs/common';
import type { SessionId, SessionTokenIssuer } from '@helix/external-agent';
import { DataSource, type EntityManager } from 'typeorm';
import { ulid } from 'ulid';
import { KeyCache } from './key-cache.js';
import { createSecretToken, hashSecret, KEY_PREFIX } from '../access/secret-token.js';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { ApiKeyEntity } from './api-key.entity.js';

interface NewApiKey {
  readonly ownerId: string;
  readonly name: string;
  readonly isAdmin: boolean;
  readonly expiresAt: Date | null;
  readonly appId?: string | null;
}

/** Makes, lists and revokes keys of people and tokens of desktops. */
@Injectable()
export class ApiKeysService implements SessionTokenIssuer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cache: KeyCache,
  ) {}

  /**
   * The secret is in the answer and nowhere else, ever again. Keys of the owner that have ended make room.
   * @throws ApiError TOO_MANY_KEYS
   */
  async create(key: NewApiKey): Promise<{ readonly entity: ApiKeyEntity; readonly secret: string }> {
    const secret = createSecretToken('user');
    const entity = await this.dataSource.transaction(async (manager) => {
      // Two at a time would both find the last place free.
      await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('api_keys of ' || $1::text, 0))`, [
        key.ownerId,
      ]);
      await manager.query(`DELETE FROM api_keys WHERE owner_id = $1 AND kind = 'user' AND expires_at < now()`, [
        key.ownerId,
      ]);
      const count = await manager.countBy(ApiKeyEntity, { ownerId: key.ownerId, kind: 'user' });
      if (count >= API_LIMITS.keysPerUserMax) {
        throw new ApiError('TOO_MANY_KEYS', `the user has ${String(count)} keys, as many as there may be; delete one`);
      }
      return await this.#insert(secret, { kind: 'user', sessionId: null, ...key }, manager);
    });
    return { entity, secret };
  }

  /** Makes the configured first admin's key known, and forgets the one that was configured before. */
  async ensureAdminKey(secret: string, userId: string): Promise<void> {
    await this.dataSource.query(`DELETE FROM api_keys WHERE id LIKE 'bootstrap_%' AND secret_hash <> $1`, [
      hashSecret(secret),
    ]);
    await this.dataSource.query(
      `INSERT INTO api_keys (id, kind, owner_id, name, hint, secret_hash, is_admin)
       VALUES ($1, 'user', $2, 'bootstrap', $3, $4, true)
       ON CONFLICT (secret_hash) DO UPDATE SET is_admin = true, owner_id = excluded.owner_id, expires_at = NULL`,
      [`bootstrap_${ulid().toLowerCase()}`, userId, hintOf(secret), hashSecret(secret)],
    );
  }

  async list(page: { readonly offset: number; readonly limit: number }): Promise<readonly ApiKeyEntity[]> {
    return await this.dataSource.getRepository(ApiKeyEntity).find({
      where: { kind: 'user' },
      order: { createdAt: 'DESC', id: 'DESC' },
      skip: page.offset,
      take: page.limit,
    });
  }

  /** All keys of one user, newest first; there are no more than `keysPerUserMax`. */
  async listOf(ownerId: string): Promise<readonly ApiKeyEntity[]> {
    return await this.dataSource.getRepository(ApiKeyEntity).find({
      where: { kind: 'user', ownerId },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: API_LIMITS.keysPerUserMax,
    });
  }

  /**
   * `ownerId` undefined revokes any user's.
   * @throws ApiError NOT_FOUND, also for a key of another user
   */
  async revoke(id: string, ownerId?: string): Promise<void> {
    const [rows] = await this.dataSource.query<[{ secret_hash: Buffer }[], number]>(
      `DELETE FROM api_keys WHERE id = $1 AND kind = 'user' AND ($2::text IS NULL OR owner_id = $2)
       RETURNING secret_hash`,
      [id, ownerId ?? null],
    );
    if (rows.length === 0) throw new ApiError('NOT_FOUND', 'no such key');
    for (const row of rows) this.cache.forget(row.secret_hash);
  }

  async issue(sessionId: SessionId, ownerId: string): Promise<string> {
    const secret = createSecretToken('session');
    await this.#insert(secret, {
      kind: 'session',
      sessionId,
      ownerId,
      name: 'desktop',
      isAdmin: false,
      expiresAt: null,
    });
    return secret;
  }

  async revokeAll(sessionId: SessionId): Promise<void> {
    const [rows] = await this.dataSource.query<[{ secret_hash: Buffer }[], number]>(
      `DELETE FROM api_keys WHERE session_id = $1 AND kind = 'session' RETURNING secret_hash`,
      [sessionId],
    );
    for (const row of rows) this.cache.forget(row.secret_hash);
  }

  async #insert(
    secret: string,
    key: NewApiKey & { readonly kind: 'user' | 'session'; readonly sessionId: string | null },
    manager: EntityManager = this.dataSource.manager,
  ): Promise<ApiKeyEntity> {
    const repository = manager.getRepository(ApiKeyEntity);
    const entity = repository.create({
      ...key,
      appId: key.appId ?? null,
      lastUsedAt: null,
      id: keyId(),
      hint: hintOf(secret),
      secretHash: hashSecret(secret),
      createdAt: new Date(),
    });
    await repository.insert(entity);
    return entity;
  }
}

function keyId(): string {
  return `key_${ulid().toLowerCase()}`;
}

function hintOf(secret: string): string {
  return secret.slice(0, KEY_PREFIX.user.length + 4);
}
