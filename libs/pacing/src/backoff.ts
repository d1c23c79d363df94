/** Doublings beyond this number change nothing: the cap has long been reached. */
const MAX_DOUBLINGS = 30;

export interface BackoffOptions {
  /** The delay before the second try. */
  readonly baseMs: number;
  /** No delay is longer. */
  readonly capMs: number;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/**
 * How long to wait after the `attempt`-th failure in a row (1 is the first): half of a window that doubles with each failure, and a
 * random part of the other half. For callers that know they are one of many, `fullJitterMs` spreads wider.
 */
export function jitteredBackoffMs(attempt: number, options: BackoffOptions): number {
  const { random = Math.random } = options;
  const windowMs = windowOf(attempt, options);
  return Math.round(windowMs / 2 + (random() * windowMs) / 2);
}

/**
 * Anything from nothing to the whole window, so that ten thousand clients of a restarted server do not come back at one moment
 * ("full jitter").
 */
export function fullJitterMs(attempt: number, options: BackoffOptions): number {
  const { random = Math.random } = options;
  return Math.round(random() * windowOf(attempt, options));
}

/** `ms`, 15 % more or less, so that what began at one moment does not go on in step. */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.85 + 0.3 * random());
}

function windowOf(attempt: number, { baseMs, capMs }: BackoffOptions): number {
  return Math.min(baseMs * 2 ** Math.min(Math.max(attempt - 1, 0), MAX_DOUBLINGS), capMs);
}
