import { Inject, Injectable } from '@nestjs/common';
import { isSessionId, readOrStale, type SharedRead } from '@helix/external-agent';
import { ReplicaPresence } from '@helix/scheduler';
import { DataSource } from 'typeorm';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { API_LIMITS } from '../limits.js';
import type { Principal } from '../access/principal.js';
import { isSameHash } from '../access/secret-token.js';
import { ApiKeyEntity, isBootstrapKey } from './api-key.entity.js';
import { KeyCache } from './key-cache.js';

type KeyRead = SharedRead<Principal | undefined>;

/** Who holds a key: from what is remembered, else from the database. */
@Injectable()
export class KeyHolders {
  /** One read for all requests that bring the same key at the same time, but none begun before a revocation. */
  private readonly reads = new Map<string, KeyRead>();

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    private readonly dataSource: DataSource,
    private readonly cache: KeyCache,
    private readonly replica: ReplicaPresence,
  ) {}

  /**
   * The holder of the key with this hash. While PostgreSQL is away or does not answer, keys seen lately still count.
   * @throws the database's error when a key cannot be looked up
   */
  async find(hash: Buffer): Promise<Principal | undefined> {
    const known = this.cache.fresh(hash);
    if (known !== undefined) return known;
    const read = this.readOnce(hash);
    const stale = this.cache.stale(hash);
    return stale === undefined
      ? await read.result
      : await readOrStale(read, stale, API_LIMITS.keyPatienceMs, performance.now());
  }

  private readOnce(hash: Buffer): KeyRead {
    const name = `${String(this.cache.epoch)} ${hash.toString('latin1')}`;
    const running = this.reads.get(name);
    if (running !== undefined) return running;
    const result = this.lookUp(hash).finally(() => this.reads.delete(name));
    const read = { result, startedAtMs: performance.now() };
    this.reads.set(name, read);
    return read;
  }

  private async lookUp(hash: Buffer): Promise<Principal | undefined> {
    const epoch = this.cache.epoch;
    const key = await this.dataSource.getRepository(ApiKeyEntity).findOneBy({ secretHash: hash });
    const isHeld = key !== null && isSameHash(key.secretHash, hash);
    if (!isHeld || (key.expiresAt !== null && key.expiresAt <= this.replica.now())) {
      this.cache.drop(hash);
      return undefined;
    }
    const principal = this.principalOf(key);
    this.cache.remember(hash, principal, key.expiresAt, epoch);
    this.noteUse(key);
    return principal;
  }

  private principalOf(key: ApiKeyEntity): Principal {
    if (key.sessionId !== null && isSessionId(key.sessionId)) {
      return { kind: 'session', sessionId: key.sessionId, ownerId: key.ownerId };
    }
    if (key.appId !== null) return { kind: 'app', appId: key.appId, ownerId: key.ownerId };
    const { adminUserIds, adminUserSource } = this.config;
    // Where the provider says who is an admin, no key does (helix-rest §1.3), but the one that the operator configured.
    const isAdmin =
      adminUserSource === 'jwt'
        ? key.isAdmin && isBootstrapKey(key.id)
        : key.isAdmin || adminUserIds.includes(key.ownerId);
    return { kind: 'user', userId: key.ownerId, isAdmin, keyExpiresAt: key.expiresAt };
  }

  /** For users, who look for unused keys; to the minute, and without delaying the request. */
  private noteUse(key: ApiKeyEntity): void {
    const lastUsedMs = key.lastUsedAt?.getTime() ?? 0;
    if (key.kind !== 'user' || this.replica.now().getTime() - lastUsedMs < API_LIMITS.keyUseNotedMs) return;
    this.dataSource.query('UPDATE api_keys SET last_used_at = now() WHERE id = $1', [key.id]).catch(() => undefined);
  }
}
