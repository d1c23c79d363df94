import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isSessionId, readOrStale, type SharedRead } from '@helix/external-agent';
import { DataSource } from 'typeorm';
import { ApiKeyEntity } from '../api-keys/api-key.entity.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { KeyCache } from './key-cache.js';
import type { Principal } from './principal.js';
import { hashSecret, isSameHash, KEY_PREFIX } from './secret-token.js';
import { API_LIMITS } from '../limits.js';

const RUNNER: Principal = { kind: 'runner' };

type KeyRead = SharedRead<Principal | undefined>;

/** Turns a token into who holds it. The one place where tokens are compared. */
@Injectable()
export class Authenticator {
  private readonly runnerHashes: readonly Buffer[];
  /** One read for all requests that bring the same key at the same time, but none begun before a revocation. */
  private readonly reads = new Map<string, KeyRead>();

  constructor(
    @Inject(API_CONFIG) config: ApiConfig,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(KeyCache) private readonly cache: KeyCache,
  ) {
    this.runnerHashes = config.runnerTokens.map(hashSecret);
  }

  /**
   * Who holds this token; `undefined` for a token that nobody holds. While PostgreSQL is away or does not answer, keys seen
   * lately still count.
   * @throws the database's error when a key can not be looked up
   */
  async authenticate(token: string): Promise<Principal | undefined> {
    if (token.length > API_LIMITS.tokenMaxLength) return undefined;
    const hash = hashSecret(token);
    // All are compared, so that the time taken does not tell which one matched.
    if (this.runnerHashes.map((known) => isSameHash(known, hash)).includes(true)) return RUNNER;
    if (!token.startsWith(KEY_PREFIX.user) && !token.startsWith(KEY_PREFIX.session)) return undefined;
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
    if (!isHeld || (key.expiresAt !== null && key.expiresAt.getTime() <= Date.now())) {
      this.cache.drop(hash);
      return undefined;
    }
    const principal = principalOf(key);
    this.cache.remember(hash, principal, key.expiresAt, epoch);
    return principal;
  }
}

function principalOf(key: ApiKeyEntity): Principal {
  if (key.sessionId !== null && isSessionId(key.sessionId)) {
    return { kind: 'session', sessionId: key.sessionId, ownerId: key.ownerId };
  }
  return { kind: 'user', userId: key.ownerId, isAdmin: key.isAdmin };
}
