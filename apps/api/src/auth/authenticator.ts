import { Inject, Injectable } from '@nestjs/common';
import { SessionShares } from '@helix/external-agent';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { API_LIMITS, JWT_MAX_LENGTH } from '../limits.js';
import { KeyHolders } from '../api-keys/key-holders.js';
import type { Principal } from '../access/principal.js';
import { hashSecret, isSameHash, KEY_PREFIX } from '../access/secret-token.js';
import { OidcUsers } from './oidc/oidc-users.js';
import { StrangerBudget } from './stranger-budget.js';

/** Token under which the users of the OIDC provider are injected; `undefined` where there is none. */
export const OIDC_USERS = Symbol('OidcUsers');

const RUNNER: Principal = { kind: 'runner' };

/** Turns a token into who holds it. The one place where tokens are told apart. */
@Injectable()
export class Authenticator {
  private readonly runnerHashes: readonly Buffer[];

  constructor(
    @Inject(API_CONFIG) config: ApiConfig,
    private readonly keys: KeyHolders,
    @Inject(OIDC_USERS) private readonly people: OidcUsers | undefined,
    private readonly shares: SessionShares,
    private readonly strangers: StrangerBudget,
  ) {
    this.runnerHashes = config.runnerTokens.map(hashSecret);
  }

  /**
   * Who holds this token; `undefined` for an unknown token. `address`: of the caller who brings it; absent for one who
   * was let in by it before.
   * @throws ApiError TOO_MANY_ATTEMPTS
   * @throws the database's error, or ProviderAwayError, when that cannot be told now
   */
  async authenticate(token: string, address?: string): Promise<Principal | undefined> {
    if (token.length > JWT_MAX_LENGTH) return undefined;
    const hash = hashSecret(token);
    // All are compared, so that the time taken does not tell which one matched.
    if (this.runnerHashes.map((known) => isSameHash(known, hash)).includes(true)) return RUNNER;
    const lookUp = (): Promise<Principal | undefined> => this.lookUp(token, hash);
    return address === undefined ? await lookUp() : await this.strangers.spend(address, hash, lookUp);
  }

  private async lookUp(token: string, hash: Buffer): Promise<Principal | undefined> {
    if (token.startsWith(KEY_PREFIX.share)) {
      return token.length > API_LIMITS.tokenMaxLength ? undefined : await this.findShare(hash);
    }
    if (token.startsWith(KEY_PREFIX.user) || token.startsWith(KEY_PREFIX.session)) {
      return token.length > API_LIMITS.tokenMaxLength ? undefined : await this.keys.find(hash);
    }
    return await this.people?.find(token, hash);
  }

  private async findShare(hash: Buffer): Promise<Principal | undefined> {
    const share = await this.shares.findByToken(hash);
    return share && { kind: 'share', shareId: share.id, sessionId: share.sessionId, role: share.role };
  }
}
