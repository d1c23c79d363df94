import { createLocalJWKSet, errors } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isProviderUrl, type OidcConfig } from '../../config/identity-settings.js';
import { fetchJson } from './fetch-json.js';
import { PROVIDER_COOLDOWN_MS, PROVIDER_KEYS_FRESH_MS, PROVIDER_KEYS_STALE_MS } from './limits.js';
import { ProviderAwayError } from './provider-away-error.js';

type KeySet = ReturnType<typeof createLocalJWKSet>;
type KeyRequest = Parameters<KeySet>;

interface Known {
  readonly keys: KeySet;
  readonly readAt: number;
}

const DISCOVERY = z.object({ issuer: z.string(), jwks_uri: z.string() });
const JWKS = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

/**
 * The keys with which the provider signs. Asked for when a token needs them, not at start, which so does not wait for the
 * provider. Old ones are renewed beside the requests, and go on counting while the provider is away.
 */
export class ProviderKeys {
  readonly #config: OidcConfig;
  readonly #logger: Pick<Logger, 'warn'>;
  #known: Known | undefined;
  #asking: Promise<void> | undefined;
  #askedAt = -Infinity;

  constructor(config: OidcConfig, logger: Pick<Logger, 'warn'>) {
    this.#config = config;
    this.#logger = logger;
  }

  /**
   * The key for the head of a token. A key that is not known may be a new one: the provider is asked, though not more often
   * than every few seconds.
   * @throws ProviderAwayError when the key could be one that the provider cannot be asked for now
   * @throws errors.JWKSNoMatchingKey when the provider has no such key
   */
  readonly find = async (...request: KeyRequest): Promise<Awaited<ReturnType<KeySet>>> => {
    const known = this.#usable();
    if (known !== undefined) {
      if (performance.now() - known.readAt > PROVIDER_KEYS_FRESH_MS) this.#askBesides();
      try {
        return await known.keys(...request);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    await this.#ask();
    const renewed = this.#usable();
    if (renewed === undefined) throw new ProviderAwayError('the keys of the provider are not known');
    return await renewed.keys(...request);
  };

  #usable(): Known | undefined {
    const known = this.#known;
    return known !== undefined && performance.now() - known.readAt < PROVIDER_KEYS_STALE_MS ? known : undefined;
  }

  #askBesides(): void {
    this.#ask().catch(() => undefined);
  }

  /** One question for all who need the answer at the same time. */
  async #ask(): Promise<void> {
    if (this.#asking === undefined) {
      // Whether a key is one that came since the last question, nobody can tell before the next.
      if (performance.now() - this.#askedAt < PROVIDER_COOLDOWN_MS) {
        throw new ProviderAwayError('the provider was asked for its keys a moment ago');
      }
      this.#askedAt = performance.now();
      this.#asking = this.#read().finally(() => {
        this.#asking = undefined;
      });
    }
    await this.#asking;
  }

  async #read(): Promise<void> {
    try {
      const jwks = JWKS.parse(await fetchJson(this.#config.jwksUrl ?? (await this.#discover())));
      this.#known = { keys: createLocalJWKSet(jwks), readAt: performance.now() };
    } catch (error) {
      this.#logger.warn({ error }, 'the OIDC provider could not be asked for its keys');
      throw new ProviderAwayError('the provider could not be asked for its keys', { cause: error });
    }
  }

  async #discover(): Promise<string> {
    const { issuer, allowHttp } = this.#config;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const found = DISCOVERY.parse(await fetchJson(url));
    if (found.issuer !== issuer) throw new Error('the discovery document names another issuer than OIDC_ISSUER');
    if (!isProviderUrl(found.jwks_uri, allowHttp)) throw new Error('the discovery document names a jwks_uri over http');
    return found.jwks_uri;
  }
}
