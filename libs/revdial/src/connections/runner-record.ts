import { RevDialError } from '../revdial-error.js';
import type { RunnerId, RunnerName } from '../runner-id.js';
import type { RunnerLink } from '../runner-link.js';
import type { RunnerStatus } from './runner-status.js';

type State =
  | { readonly name: 'connected'; readonly link: RunnerLink }
  | { readonly name: 'grace'; readonly lostAt: Date; readonly graceEndsAt: Date; readonly timer: NodeJS.Timeout }
  /** Just made, or forgotten. */
  | { readonly name: 'absent' };

type Waiting = (outcome: RunnerLink | RevDialError) => void;

/** One runner: its link or its grace period, and the dials that wait for a link. */
export class RunnerRecord {
  #state: State = { name: 'absent' };
  #principal: string;
  #generation = 0;
  #lastLink: RunnerLink | undefined;
  /** Superseded or lost, and perhaps still finishing streams. Each leaves within its own bound on them. */
  readonly #olderLinks = new Set<RunnerLink>();
  #failure: RevDialError | undefined;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();

  constructor(
    readonly name: RunnerName,
    principal: string,
    readonly maxWaitingDialCount: number,
  ) {
    this.#principal = principal;
  }

  get principal(): string {
    return this.#principal;
  }

  /** One that is only expected belongs to nobody yet: whoever may open it can be the first. */
  isOpenTo(principal: string): boolean {
    return this.isExpected || this.#principal === principal;
  }

  /** It was never seen here. */
  get isExpected(): boolean {
    return this.#lastLink === undefined;
  }

  get runnerId(): RunnerId {
    return this.name.id;
  }

  get link(): RunnerLink | undefined {
    return this.#state.name === 'connected' ? this.#state.link : undefined;
  }

  /** The link that stands or stood last, and older ones whose streams may still be finishing. */
  get links(): readonly RunnerLink[] {
    return this.#lastLink === undefined ? [] : [this.#lastLink, ...this.#olderLinks];
  }

  get waitingDialCount(): number {
    return this.#waiting.size;
  }

  connect(link: RunnerLink, generation: number): void {
    this.#stopGrace();
    this.#state = { name: 'connected', link };
    for (const older of this.#olderLinks) if (older.stats().openStreamCount === 0) this.#olderLinks.delete(older);
    if (this.#lastLink !== undefined) this.#olderLinks.add(this.#lastLink);
    this.#lastLink = link;
    this.#principal = link.principal;
    this.#generation = generation;
  }

  /** Gives the link to all who wait, in order. Apart from `connect`, so that listeners hear of the link before its dials. */
  releaseWaiting(): void {
    const { link } = this;
    if (link !== undefined) this.#settleWaiting(link);
  }

  beginGrace(lostAt: Date, graceMs: number, onOver: () => void): void {
    const timer = setTimeout(onOver, Math.max(0, lostAt.getTime() + graceMs - Date.now()));
    timer.unref();
    this.#state = { name: 'grace', lostAt, graceEndsAt: new Date(lostAt.getTime() + graceMs), timer };
  }

  /** Fails all who wait, now and later, with `error`. */
  forget(error: RevDialError): void {
    this.#stopGrace();
    this.#state = { name: 'absent' };
    this.#failure = error;
    this.#settleWaiting(error);
  }

  /**
   * Resolves with a link other than `failed`, at once or when one stands. Bounded by the grace period, whose end settles this
   * wait, and by `limitMs`.
   * @throws RevDialError RUNNER_NOT_CONNECTED, SHUTTING_DOWN, DIAL_QUEUE_FULL, DIAL_ABORTED
   */
  linkOtherThan(failed: RunnerLink | undefined, limitMs: number, signal: AbortSignal | undefined): Promise<RunnerLink> {
    const { link } = this;
    if (link !== undefined && link !== failed) return Promise.resolve(link);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (this.#waiting.size >= this.maxWaitingDialCount) {
      return Promise.reject(
        new RevDialError('DIAL_QUEUE_FULL', `too many dials wait for ${this.runnerId} to come back`),
      );
    }
    return new Promise((resolve, reject) => {
      const settle = (outcome: RunnerLink | RevDialError): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        signal?.removeEventListener('abort', onAbort);
        if (outcome instanceof RevDialError) reject(outcome);
        else resolve(outcome);
      };
      const onAbort = (): void => {
        settle(aborted(signal));
      };
      const timer = setTimeout(() => {
        settle(new RevDialError('RUNNER_NOT_CONNECTED', `no link of ${this.runnerId} stood in time`));
      }, limitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(settle);
    });
  }

  status(): RunnerStatus {
    const { id: runnerId, kind, subject } = this.name;
    const common = { runnerId, kind, subject, principal: this.principal, generation: this.#generation };
    const state = this.#state;
    switch (state.name) {
      case 'connected': {
        const { transport, remoteAddress, connectedAt } = state.link;
        const stats = state.link.stats();
        const linked = { ...common, transport, remoteAddress, connectedAt, stats };
        return stats.resumeLeftMs === undefined
          ? { ...linked, state: 'connected' }
          : { ...linked, state: 'away', resumeLeftMs: stats.resumeLeftMs };
      }
      case 'grace': {
        const { lostAt, graceEndsAt } = state;
        return { ...common, state: 'grace', lostAt, graceEndsAt, waitingDialCount: this.#waiting.size };
      }
      case 'absent': {
        const now = new Date();
        return { ...common, state: 'grace', lostAt: now, graceEndsAt: now, waitingDialCount: 0 };
      }
      default:
        return state satisfies never;
    }
  }

  #stopGrace(): void {
    if (this.#state.name === 'grace') clearTimeout(this.#state.timer);
  }

  #settleWaiting(outcome: RunnerLink | RevDialError): void {
    for (const settle of [...this.#waiting]) settle(outcome);
  }
}

function aborted(signal: AbortSignal | undefined): RevDialError {
  return new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: signal?.reason });
}
