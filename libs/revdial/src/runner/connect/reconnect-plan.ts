import { setTimeout as delay } from 'node:timers/promises';
import { fullJitterMs } from '@helix/pacing';
import type { RunnerTimings } from '../limits.js';
import { ConnectError } from './connect-error.js';

/** Why a link did not come about, and when to try again; `undefined`: never, it was refused for good. */
export interface FailedConnect {
  readonly error: ConnectError;
  readonly retryInMs: number | undefined;
}

/** When to connect again after a loss, a failure, or a refusal, which is doubted for a while. */
export class ReconnectPlan {
  readonly #timings: RunnerTimings;
  readonly #backoff: OutageBackoff;
  readonly #patience: RefusalPatience;

  /** `refusedAfterMs`: how long a refusal is doubted before it is final; never, when it is left out. */
  constructor(timings: RunnerTimings, refusedAfterMs: number | undefined) {
    this.#timings = timings;
    this.#backoff = new OutageBackoff(timings);
    this.#patience = new RefusalPatience(refusedAfterMs);
  }

  /** A link stands. */
  connected(): void {
    this.#patience.reset();
  }

  afterLoss(lifeMs: number, streamCount: number): number {
    const { usefulLinkMs, usefulCarrierMs } = this.#timings;
    // Not for one stream alone: two agents of one runner id would cut each other at full speed for ever.
    if (lifeMs >= usefulLinkMs || (streamCount > 0 && lifeMs >= usefulCarrierMs)) this.#backoff.reset();
    return this.#backoff.nextMs(performance.now());
  }

  /** Another agent holds this runner id with the same token: coming back at once would only cut that one's link. */
  afterSuperseded(): number {
    return Math.round(this.#timings.supersededWaitMs * (1 + Math.random()));
  }

  afterFailure(cause: unknown): FailedConnect {
    const error = cause instanceof ConnectError ? cause : new ConnectError('UNREACHABLE', messageOf(cause), { cause });
    if (error.code === 'REFUSED') return { error, retryInMs: this.#patience.nextMs(performance.now()) };
    // What refused before may have been something else; only refusals in a row are believed.
    this.#patience.reset();
    // The jitter goes on top: the API gave the same time to every agent.
    return { error, retryInMs: (error.retryAfterMs ?? 0) + this.#backoff.nextMs(performance.now()) };
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown';
}

/** How long to wait before the next try: full jitter in a window that doubles, and that stays small while the outage is young. */
export class OutageBackoff {
  readonly #timings: RunnerTimings;
  readonly #random: () => number;
  #tryCount = 0;
  #outageBeganAtMs: number | undefined;

  constructor(timings: RunnerTimings, random: () => number = Math.random) {
    this.#timings = timings;
    this.#random = random;
  }

  nextMs(nowMs: number): number {
    this.#outageBeganAtMs ??= nowMs;
    const { backoffBaseMs: baseMs, backoffEarlyCapMs, backoffCapMs, earlyOutageMs } = this.#timings;
    const isEarly = nowMs - this.#outageBeganAtMs < earlyOutageMs;
    const capMs = isEarly ? Math.min(backoffEarlyCapMs, backoffCapMs) : backoffCapMs;
    this.#tryCount += 1;
    return fullJitterMs(this.#tryCount, { baseMs, capMs, random: this.#random });
  }

  /** The link was useful: the next loss is a new outage. */
  reset(): void {
    this.#tryCount = 0;
    this.#outageBeganAtMs = undefined;
  }
}

const FIRST_WAIT_MS = 1_000;
const GROWTH = 3;
/** A host behind NAT that has given up has to be visited; one request a minute costs the API nothing. */
const LONGEST_WAIT_MS = 60_000;

/**
 * How long a refusal is doubted: the API may be starting, a token be rotated, the session's row be on its way. Without a limit
 * for ever, at long spacing; with one it is final after that time.
 */
export class RefusalPatience {
  readonly #limitMs: number;
  readonly #random: () => number;
  #beganAtMs: number | undefined;
  #waitMs = FIRST_WAIT_MS;

  constructor(limitMs = Infinity, random: () => number = Math.random) {
    this.#limitMs = limitMs;
    this.#random = random;
  }

  /** How long to wait before asking again; `undefined`: refused for good. */
  nextMs(nowMs: number): number | undefined {
    this.#beganAtMs ??= nowMs;
    const leftMs = this.#beganAtMs + this.#limitMs - nowMs;
    if (leftMs <= 0) return undefined;
    const waitMs = (this.#waitMs / 2) * (1 + this.#random());
    this.#waitMs = Math.min(this.#waitMs * GROWTH, LONGEST_WAIT_MS);
    return Math.ceil(Math.min(waitMs, leftMs));
  }

  /** The API accepted us. */
  reset(): void {
    this.#beganAtMs = undefined;
    this.#waitMs = FIRST_WAIT_MS;
  }
}

/** Resolves with true after `waitMs`, or with false as soon as the signal aborts. Never rejects. */
export async function sleep(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(waitMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
