import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Principal } from '../../access/principal.js';
import { isUserId, type OidcConfig } from '../../config/identity-settings.js';
import { CLOCK_TOLERANCE_S, JWT_MAX_LENGTH, VERIFIED_TOKEN_FRESH_MS, VERIFIED_TOKENS_MAX } from '../../limits.js';
import { ProviderKeys } from './provider-keys.js';

/** The claim of this name or, where there is none, the one at this dotted path. Some providers name claims by URLs. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return isObject ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}

/** Who the token is about; `undefined` when it names no user, or one by an address that is not proven to be theirs. */
function userIdOf(payload: JWTPayload, { userClaim }: Pick<OidcConfig, 'userClaim'>): string | undefined {
  if (userClaim === 'email' && payload['email_verified'] === false) return undefined;
  const value = claimAt(payload, userClaim);
  return isUserId(value) ? value : undefined;
}

/** `true`, the value itself, or a list with the value in it. */
function isAdminBy(payload: JWTPayload, { admin }: Pick<OidcConfig, 'admin'>): boolean {
  if (admin === undefined) return false;
  const claim = claimAt(payload, admin.claim);
  if (admin.value === undefined) return claim === true;
  return claim === admin.value || (Array.isArray(claim) && claim.includes(admin.value));
}

function textClaim(payload: JWTPayload, name: string): string {
  const value = payload[name];
  return typeof value === 'string' ? value : '';
}

type Person = Extract<Principal, { kind: 'user' }>;

interface Verified {
  readonly person: Person;
  /** On the wall clock, tolerance included. */
  readonly expiresAt: number;
  readonly checkedAt: number;
}

/** Signatures by a key that we could not make ourselves. With a shared secret, the public key would be one. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Which user of the provider holds a token (JWT). */
export class OidcUsers {
  readonly #config: OidcConfig;
  readonly #isListedAdmin: (userId: string) => boolean;
  readonly #keys: ProviderKeys;
  readonly #options: JWTVerifyOptions & { readonly audience: string[] };
  /** By the hash of the whole token, so that no token lies in memory. */
  readonly #verified = new LRUCache<string, Verified>({ max: VERIFIED_TOKENS_MAX });

  constructor(config: OidcConfig, isListedAdmin: (userId: string) => boolean, logger: Pick<Logger, 'warn'>) {
    this.#config = config;
    this.#isListedAdmin = isListedAdmin;
    this.#keys = new ProviderKeys(config, logger);
    this.#options = {
      algorithms: ALGORITHMS,
      issuer: config.issuer,
      audience: [...config.audiences],
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp'],
    };
  }

  /**
   * The token's user; `undefined` for one that the provider did not sign for us, or that does not count now.
   * @throws ProviderAwayError when only the provider could tell
   */
  async find(token: string, hash: Buffer): Promise<Person | undefined> {
    if (token.length > JWT_MAX_LENGTH) return undefined;
    const name = hash.toString('latin1');
    const known = this.#verified.get(name);
    if (known !== undefined) {
      if (known.expiresAt <= Date.now()) {
        this.#verified.delete(name);
        return undefined;
      }
      if (performance.now() - known.checkedAt < VERIFIED_TOKEN_FRESH_MS) return known.person;
    }
    if (!this.#isWorthAKey(token)) return undefined;
    const payload = await this.#verify(token);
    const userId = payload === undefined ? undefined : userIdOf(payload, this.#config);
    if (payload?.exp === undefined || userId === undefined) return undefined;
    const person: Person = {
      kind: 'user',
      userId,
      isAdmin: this.#isListedAdmin(userId) || isAdminBy(payload, this.#config),
      profile: { email: textClaim(payload, 'email'), name: textClaim(payload, 'name') },
    };
    const expiresAt = (payload.exp + CLOCK_TOLERANCE_S) * 1_000;
    this.#verified.set(name, { person, expiresAt, checkedAt: performance.now() });
    return person;
  }

  /** What says itself that it is not for us is not worth a question to the provider, and is refused also while it is away. */
  #isWorthAKey(token: string): boolean {
    try {
      const { alg } = decodeProtectedHeader(token);
      const { iss, aud, exp } = decodeJwt(token);
      const audiences = typeof aud === 'string' ? [aud] : (aud ?? []);
      return (
        alg !== undefined &&
        ALGORITHMS.includes(alg) &&
        iss === this.#config.issuer &&
        audiences.some((audience) => this.#config.audiences.includes(audience)) &&
        exp !== undefined &&
        (exp + CLOCK_TOLERANCE_S) * 1_000 > Date.now()
      );
    } catch {
      return false;
    }
  }

  async #verify(token: string): Promise<JWTPayload | undefined> {
    try {
      return (await jwtVerify(token, this.#keys.find, this.#options)).payload;
    } catch (error) {
      if (error instanceof errors.JWKSMultipleMatchingKeys) return await this.#verifyWithAnyOf(token, error);
      // Everything else than the provider being away is a fault of the token.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** A token that does not name its key, of a provider that has several of the kind. */
  async #verifyWithAnyOf(
    token: string,
    keys: InstanceType<typeof errors.JWKSMultipleMatchingKeys>,
  ): Promise<JWTPayload | undefined> {
    for await (const key of keys) {
      try {
        return (await jwtVerify(token, key, this.#options)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) return undefined;
      }
    }
    return undefined;
  }
}
