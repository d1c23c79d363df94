import { WaitingLine, type Clock } from '@helix/pacing';
import { abortErrorOf, RevDialError } from '../revdial-error.js';
import type { RunnerId, RunnerName } from '../runner-id.js';
import type { RunnerLink } from '../runner-link.js';
import type { AwaitedRunner, RunnerStatus } from './runner-presence.js';

type State =
  | { readonly name: 'connected'; readonly link: RunnerLink }
  | {
      readonly name: AwaitedRunner['state'];
      readonly lostAt: Date;
      readonly endsAtMs: number;
      readonly cancel: () => void;
    }
  /** Just made, or forgotten. */
  | { readonly name: 'absent' };

export interface RunnerRecordOptions {
  readonly graceMs: number;
  readonly maxWaitingDialCount: number;
  readonly clock: Clock;
}

/** One runner: its link or its grace period, and the dials that wait for a link. */
export class RunnerRecord {
  readonly #options: RunnerRecordOptions;
  #state: State = { name: 'absent' };
  #principal: string;
  #generation = 0;
  #lastLink: RunnerLink | undefined;
  /** Since when that link has had no connection; undefined while it has one. */
  #resumingSinceMs: number | undefined;
  /** Superseded or lost, and perhaps still finishing streams. Each leaves within its own bound on them. */
  readonly #olderLinks = new Set<RunnerLink>();
  #failure: RevDialError | undefined;
  readonly #waiting: WaitingLine<void, RunnerLink>;

  constructor(
    readonly name: RunnerName,
    principal: string,
    options: RunnerRecordOptions,
  ) {
    this.#principal = principal;
    this.#options = options;
    this.#waiting = new WaitingLine({
      maxCount: options.maxWaitingDialCount,
      whenFull: () => new RevDialError('DIAL_QUEUE_FULL', `too many dials wait for ${name.id} to come back`),
      whenLate: () => new RevDialError('RUNNER_NOT_CONNECTED', `${name.id} did not connect in time`),
      whenAborted: abortErrorOf,
    });
  }

  get principal(): string {
    return this.#principal;
  }

  /** An awaited runner without a link so far has no principal yet: the first authorised one claims it. */
  isOpenTo(principal: string): boolean {
    return this.wasNeverLinked || this.#principal === principal;
  }

  /** No link of it was ever seen here. */
  get wasNeverLinked(): boolean {
    return this.#lastLink === undefined;
  }

  get runnerId(): RunnerId {
    return this.name.id;
  }

  get link(): RunnerLink | undefined {
    return this.#state.name === 'connected' ? this.#state.link : undefined;
  }

  /** The current or last link, and older ones whose streams may still be finishing. */
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
    this.#resumingSinceMs = undefined;
    this.#principal = link.principal;
    this.#generation = generation;
  }

  /** Gives the link to all waiting dials, in order. Apart from `connect`, so that listeners hear of the link before its dials. */
  releaseWaiting(): void {
    const { link } = this;
    if (link !== undefined) this.#waiting.serveAll(link);
  }

  /** The link has lost its connection, or is resumed. */
  noteResuming(isResuming: boolean): void {
    this.#resumingSinceMs = isResuming ? this.#options.clock.nowMs() : undefined;
  }

  /** Dials wait from now on. Of a link that could have been resumed, that time is part of the grace period. */
  beginGrace(name: AwaitedRunner['state'], onOver: () => void): void {
    const { clock, graceMs } = this.#options;
    const nowMs = clock.nowMs();
    const lostAtMs = this.#resumingSinceMs ?? nowMs;
    const endsAtMs = lostAtMs + graceMs;
    const cancel = clock.after(Math.max(0, endsAtMs - nowMs), onOver);
    this.#state = { name, lostAt: new Date(Date.now() - (nowMs - lostAtMs)), endsAtMs, cancel };
  }

  /** Fails all dials, those that wait and later ones, with `error`. */
  forget(error: RevDialError): void {
    this.#stopGrace();
    this.#state = { name: 'absent' };
    this.#failure = error;
    this.#waiting.refuseAll(error);
  }

  /**
   * Resolves with a link other than `except`, at once or when one connects. Bounded by the grace period, whose end settles this
   * wait, and by `limitMs`.
   * @throws RevDialError RUNNER_NOT_CONNECTED, SHUTTING_DOWN, DIAL_QUEUE_FULL, DIAL_ABORTED
   */
  waitForLink(options: {
    readonly except: RunnerLink | undefined;
    readonly limitMs: number;
    readonly signal: AbortSignal | undefined;
  }): Promise<RunnerLink> {
    const { link } = this;
    if (link !== undefined && link !== options.except) return Promise.resolve(link);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return this.#waiting.wait(undefined, options);
  }

  status(): RunnerStatus {
    const { id: runnerId, kind, subject } = this.name;
    const common = { runnerId, kind, subject, principal: this.principal, generation: this.#generation };
    const state = this.#state;
    const nowMs = this.#options.clock.nowMs();
    switch (state.name) {
      case 'connected': {
        const { transport, remoteAddress, connectedAt } = state.link;
        const stats = state.link.stats();
        const linked = { ...common, transport, remoteAddress, connectedAt, stats };
        const { resumeLeftMs } = stats;
        if (resumeLeftMs === undefined) return { ...linked, state: 'connected' };
        const graceLeftMs = (this.#resumingSinceMs ?? nowMs) + this.#options.graceMs - nowMs;
        return { ...linked, state: 'resuming', resumeLeftMs, leftMs: Math.max(resumeLeftMs, graceLeftMs) };
      }
      case 'grace':
      case 'expected': {
        const leftMs = Math.max(0, state.endsAtMs - nowMs);
        return { ...common, state: state.name, lostAt: state.lostAt, leftMs, waitingDialCount: this.#waiting.size };
      }
      case 'absent':
        return { ...common, state: 'grace', lostAt: new Date(), leftMs: 0, waitingDialCount: 0 };
      default:
        return state satisfies never;
    }
  }

  #stopGrace(): void {
    if (this.#state.name === 'grace' || this.#state.name === 'expected') this.#state.cancel();
  }
}
