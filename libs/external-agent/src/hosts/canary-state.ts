import type { CanaryVerdict } from '@helix/scheduler';
import { LIMITS } from '../limits.js';
import type { ProbeTimes } from './probe-times.js';

/** `none`: nothing was found out, because it was not asked, or what became of it says nothing of the path. */
export type CanaryResult =
  { readonly kind: 'answered' } | { readonly kind: 'failed'; readonly failure: string } | { readonly kind: 'none' };

export interface CanaryDecision {
  /** Undefined: not known yet. */
  readonly verdict: CanaryVerdict | undefined;
  /** Until the next try. */
  readonly nextMs: number;
}

/**
 * When a path counts as broken, and as whole again: not by one result, since one may be a blip; and of a path that is new, a
 * first answer is enough.
 */
export class CanaryState {
  readonly #times: Pick<ProbeTimes, 'canaryIntervalMs' | 'canaryRetryMs'>;
  #verdict: CanaryVerdict | undefined;
  #failuresInRow = 0;
  #answersInRow = 0;

  constructor(times: Pick<ProbeTimes, 'canaryIntervalMs' | 'canaryRetryMs'>) {
    this.#times = times;
  }

  get isFailing(): boolean {
    return this.#verdict?.ok === false;
  }

  note(result: CanaryResult): CanaryDecision {
    switch (result.kind) {
      case 'answered':
        this.#failuresInRow = 0;
        this.#answersInRow += 1;
        if (!this.isFailing || this.#answersInRow >= LIMITS.canaryAnswersInRow) this.#verdict = { ok: true };
        break;
      case 'failed':
        this.#answersInRow = 0;
        this.#failuresInRow += 1;
        if (this.isFailing || this.#failuresInRow >= LIMITS.canaryFailuresInRow) {
          this.#verdict = { ok: false, failure: result.failure };
        }
        break;
      case 'none':
        break;
      default:
        result satisfies never;
    }
    const isSettled = this.#verdict?.ok === true && this.#failuresInRow === 0;
    return {
      verdict: this.#verdict,
      nextMs: isSettled ? this.#times.canaryIntervalMs : this.#times.canaryRetryMs,
    };
  }
}
