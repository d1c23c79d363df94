import { jittered } from '@helix/pacing';
import { askCanary, type CanaryAnswer } from './ask-canary.js';
import { CanaryState } from './canary-state.js';
import { type ProbeContext, ChangeReporter } from './probe-context.js';

/** Finds out over and over whether requests through the link of one host get answers, and how its Wolf is. */
export class CanaryProbe {
  readonly #id: string;
  readonly #context: ProbeContext;
  readonly #state: CanaryState;
  readonly #verdictReports = new ChangeReporter();
  readonly #healthReports = new ChangeReporter();
  #canTellHealth = true;
  #tookMs = 0;

  constructor(wolfInstanceId: string, context: ProbeContext) {
    this.#id = wolfInstanceId;
    this.#context = context;
    this.#state = new CanaryState(context.times);
  }

  get isFailing(): boolean {
    return this.#state.isFailing;
  }

  /** Resolves with when to try again; rejects when what was found could not be told, and with the signal's reason. */
  async turn(signal: AbortSignal): Promise<number> {
    const { facts } = this.#context;
    const answer = await this.#ask(signal);
    signal.throwIfAborted();
    const { verdict, nextMs } = this.#state.note(answer);
    if (verdict !== undefined) await this.#verdictReports.report(verdict, () => facts.noteCanary(this.#id, verdict));
    if (answer.kind === 'answered') {
      await this.#healthReports.report(answer.health, () => facts.noteHealth(this.#id, answer.health));
    }
    // From one question to the next: who waited long for the answer that did not come need not wait as long again.
    return jittered(Math.max(nextMs - this.#tookMs, nextMs / 5));
  }

  async #ask(signal: AbortSignal): Promise<CanaryAnswer> {
    const { turns, wolfs, times, isReachable } = this.#context;
    this.#tookMs = 0;
    const giveBack = await turns.take(this.#state.isFailing, signal);
    const begunAtMs = performance.now();
    try {
      if (!isReachable(this.#id)) return { kind: 'none' };
      const begunAt = new Date();
      const timeoutMs = times.canaryTimeoutMs;
      const answer = await askCanary(wolfs.for(this.#id), this.#canTellHealth, { signal, timeoutMs });
      if (answer.kind === 'answered' && answer.lacksHealth) this.#canTellHealth = false;
      return answer.kind === 'failed' && this.#saysNothing(answer, begunAt) ? { kind: 'none' } : answer;
    } finally {
      this.#tookMs = performance.now() - begunAtMs;
      giveBack();
    }
  }

  /** The link went meanwhile; or others were answered, so that Wolf is busy: it is one thread, and a create blocks it (wolf-api §1.5). */
  #saysNothing({ isSilence }: { readonly isSilence: boolean }, begunAt: Date): boolean {
    const { isReachable, snapshotOf } = this.#context;
    const readAt = snapshotOf(this.#id)?.readAt;
    return !isReachable(this.#id) || (isSilence && readAt !== undefined && readAt > begunAt);
  }
}
