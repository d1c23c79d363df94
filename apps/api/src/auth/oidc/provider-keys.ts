import { parseForeignJson, SMALL_JSON } from '@helix/revdial';
import { createLocalJWKSet, errors } from 'jose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isProviderUrl, type OidcConfig } from '../../config/identity-settings.js';
import {
  PROVIDER_ANSWER_MAX_BYTES,
  PROVIDER_COOLDOWN_MS,
  PROVIDER_KEYS_FRESH_MS,
  PROVIDER_KEYS_STALE_MS,
  PROVIDER_LIMIT_MS,
} from '../../limits.js';

/** The provider's keys are needed and cannot be had now. It says nothing about the token. */
export class ProviderAwayError extends Error {
  readonly code = 'AUTHENTICATION_AWAY';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'ProviderAwayError';
  }
}

const PROVIDER_ANSWER = { ...SMALL_JSON, maxBytes: PROVIDER_ANSWER_MAX_BYTES };

/**
 * What the URL answers, as JSON of unknown content. Follows no redirect: the URL is one that was checked.
 * @throws Error when the answer is no 200, no JSON, too long, or too late
 */
async function fetchJson(url: string): Promise<unknown> {
  const signal = AbortSignal.timeout(PROVIDER_LIMIT_MS);
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the provider answered ${String(response.status)}`);
  }
  const body: AsyncIterable<Uint8Array> = response.body;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.byteLength;
    if (length > PROVIDER_ANSWER_MAX_BYTES) {
      // Leaving the loop ends the answer.
      throw new Error(`the provider answered more than ${String(PROVIDER_ANSWER_MAX_BYTES)} bytes`);
    }
    pieces.push(piece);
  }
  return parseForeignJson(Buffer.concat(pieces, length), PROVIDER_ANSWER);
}

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
      // Whether a key was added since the last request is known only after the next one.
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
      this.#logger.warn({ error }, 'could not fetch the keys of the OIDC provider');
      throw new ProviderAwayError('could not fetch the keys of the provider', { cause: error });
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
