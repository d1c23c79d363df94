import { ConnectError } from './connect-error.js';
import { FullJitterBackoff } from './full-jitter-backoff.js';
import type { RunnerTimings } from './limits.js';
import { RefusalPatience } from './refusal-patience.js';

/** Why a link did not come about, and when to try again; `undefined`: never, it was refused for good. */
export interface FailedConnect {
  readonly error: ConnectError;
  readonly retryInMs: number | undefined;
}

/** When to come back, after a loss, a failure, or a refusal, which is doubted for a while. */
export class ReconnectPlan {
  readonly #timings: RunnerTimings;
  readonly #backoff: FullJitterBackoff;
  readonly #patience: RefusalPatience;

  /** `refusedAfterMs`: how long a refusal is doubted before it is final; never, when it is left out. */
  constructor(timings: RunnerTimings, refusedAfterMs: number | undefined) {
    this.#timings = timings;
    this.#backoff = new FullJitterBackoff(timings);
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

  /** Somebody else holds this runner id, with the same token: nothing in between is to blame, and haste helps nobody. */
  afterSuperseded(): number {
    return Math.round(this.#timings.supersededWaitMs * (1 + Math.random()));
  }

  afterFailure(cause: unknown): FailedConnect {
    const error = cause instanceof ConnectError ? cause : new ConnectError('UNREACHABLE', messageOf(cause), { cause });
    if (error.code === 'REFUSED') return { error, retryInMs: this.#patience.nextMs(performance.now()) };
    // What refused before may have been something else; only refusals in a row are believed.
    this.#patience.reset();
    // The jitter goes on top: the API gave the same time to everyone.
    return { error, retryInMs: (error.retryAfterMs ?? 0) + this.#backoff.nextMs(performance.now()) };
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown';
}
