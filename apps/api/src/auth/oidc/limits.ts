/** Bounds of what is asked of the OIDC provider and of what its users bring. */

/** Providers that put groups into a token fill a few kilobytes; Node itself takes 16 KiB of headers. */
export const JWT_MAX_LENGTH = 8_192;

/** Clocks of the provider and of this machine differ by seconds. */
export const CLOCK_TOLERANCE_S = 30;

/** Discovery and keys; a provider that takes longer is away. */
export const PROVIDER_LIMIT_MS = 5_000;

/** Discovery and keys are a few kilobytes. */
export const PROVIDER_ANSWER_MAX_BYTES = 262_144;

/** Between two questions to the provider, whatever tokens come: nobody makes this replica flood it. */
export const PROVIDER_COOLDOWN_MS = 5_000;

/** Keys older than this are asked for anew, beside the requests: what the provider took back counts no longer then. */
export const PROVIDER_KEYS_FRESH_MS = 600_000;

/** While the provider is away, its keys count for this long. */
export const PROVIDER_KEYS_STALE_MS = 86_400_000;

/** Tokens whose signature was checked lately, so that polling costs no signature each time. */
export const VERIFIED_TOKENS_MAX = 20_000;

/** After this the signature of a token is checked again, in case its key was taken back. */
export const VERIFIED_TOKEN_FRESH_MS = 300_000;
