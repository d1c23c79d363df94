import type { Duplex } from 'node:stream';
import { systemClock, type Clock } from '@helix/pacing';
import { DialStream } from '../dial/dial-stream.js';
import { GRACE_MS, RUNNERS_MAX_COUNT, RUNNER_WAITING_DIALS_MAX_COUNT } from '../limits.js';
import { LINK_CLOSED, LINK_LOST, LINK_OPEN, LINK_RESUMED, startDial } from '../diagnostics.js';
import type { LinkDiagnostics } from '../diagnostics.js';
import { RevDialCounters } from '../revdial-counters.js';
import { RevDialError } from '../revdial-error.js';
import type { RevDialErrorCode } from '../revdial-error.js';
import { SILENT_LOGGER } from '../revdial-logger.js';
import type { RevDialLogger } from '../revdial-logger.js';
import { parseRunnerId } from '../runner-id.js';
import type { RunnerId } from '../runner-id.js';
import type { RunnerDialer } from '../runner-dialer.js';
import type { LinkEnd, OpenStreamOptions, RunnerLink } from '../runner-link.js';
import { totalsOf } from './connection-totals.js';
import { dialThroughLinks } from './dial-through-links.js';
import type {
  AwaitedRunner,
  ConnectionEvent,
  ConnectionTotals,
  RunnerPresence,
  RunnerStatus,
} from './runner-presence.js';
import { RunnerRecord } from './runner-record.js';

/** Every number has its default in `limits.ts`. */
export interface ConnectionManagerOptions {
  /** How long dials wait for a lost link to come back. */
  readonly graceMs?: number;
  /** For one runner: while it has no link, and while its link waits to be resumed. */
  readonly maxWaitingDialCount?: number;
  readonly maxRunnerCount?: number;
  /** How long the streams of a superseded link may finish. */
  readonly supersededStreamGraceMs?: number;
  /** What grace periods go by. */
  readonly clock?: Clock;
  readonly logger?: RevDialLogger;
  readonly counters?: RevDialCounters;
}

/**
 * Which runner is connected here, through which link: presence and dials of one replica. Knows links only as `RunnerLink`, so one
 * of another generation of the wire is registered and dialed like any other.
 *
 *   register ──▶ connected ◀──▶ resuming ──▶ grace ──30 s──▶ gone        expect ──▶ expected ──30 s──▶ gone
 *                 ▲  │ newer link │            │ link                              │ link
 *                 └──┴────────────┴────────────┴───────────────────────────────────┘
 *
 * The newest link of a runner wins, but only over one of the same principal. What waits in grace goes to the new link in
 * order. Generations rise with every link and, being at least the time in milliseconds, across restarts too.
 */
export class ConnectionManager implements RunnerDialer, RunnerPresence {
  readonly counters: RevDialCounters;
  readonly #options: ConnectionManagerOptions;
  readonly #logger: RevDialLogger;
  readonly #runners = new Map<RunnerId, RunnerRecord>();
  readonly #listeners = new Set<(event: ConnectionEvent) => void>();
  readonly #endingLinks = new Set<Promise<unknown>>();
  readonly #endedLinkBytes = { bytesIn: 0, bytesOut: 0 };
  #lastGeneration = 0;
  #unseenCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ConnectionManagerOptions = {}) {
    this.#options = options;
    this.#logger = options.logger ?? SILENT_LOGGER;
    this.counters = options.counters ?? new RevDialCounters();
  }

  /** How long dials wait for a lost link to come back. */
  get graceMs(): number {
    return this.#options.graceMs ?? GRACE_MS;
  }

  /** For one runner. */
  get maxWaitingDialCount(): number {
    return this.#options.maxWaitingDialCount ?? RUNNER_WAITING_DIALS_MAX_COUNT;
  }

  /**
   * Newest link wins, for the same principal only. The superseded one opens no more streams and is closed once its streams
   * have had a moment to finish.
   * @throws RevDialError RUNNER_ID_TAKEN, LIMIT_REACHED, SHUTTING_DOWN
   */
  register(link: RunnerLink): { readonly generation: number } {
    const { runnerId } = link;
    const obstacle = this.findObstacle(runnerId, link.principal);
    if (obstacle !== undefined) throw new RevDialError(obstacle, `no link for ${runnerId} now`);
    const known = this.#runners.get(runnerId);
    const record = known ?? this.#addRecord(runnerId, link.principal);
    const superseded = record.link;
    if (known !== undefined && superseded === undefined) this.counters.reconnectsWithinGrace += 1;

    this.#lastGeneration = Math.max(Date.now(), this.#lastGeneration + 1);
    const generation = this.#lastGeneration;
    if (record.wasNeverLinked) this.#unseenCount -= 1;
    record.connect(link, generation);
    if (LINK_OPEN.hasSubscribers) LINK_OPEN.publish(diagnosticsOf(link));
    link.onConnectionChange?.((isResuming) => {
      const change = isResuming ? LINK_LOST : LINK_RESUMED;
      if (change.hasSubscribers) change.publish(diagnosticsOf(link));
      if (record.link !== link) return;
      record.noteResuming(isResuming);
      this.#emit({ type: isResuming ? 'resuming' : 'resumed', runnerId, generation });
    });
    void link.closed.then((end) => {
      const { bytesIn, bytesOut } = link.stats();
      this.#endedLinkBytes.bytesIn += bytesIn;
      this.#endedLinkBytes.bytesOut += bytesOut;
      if (LINK_CLOSED.hasSubscribers) LINK_CLOSED.publish({ ...diagnosticsOf(link), reason: end.reason });
      this.#onLinkEnded(record, link, end);
    });
    if (superseded !== undefined) {
      this.counters.supersedes += 1;
      this.#logger.warn({ runnerId, generation }, 'a newer link supersedes an older one');
      this.#finishLink(superseded.close(this.#options.supersededStreamGraceMs, 'superseded'));
    }
    this.#emit({ type: 'connected', runnerId, generation, remoteAddress: link.remoteAddress });
    record.releaseWaiting();
    return { generation };
  }

  /**
   * Why `register` would refuse: RUNNER_ID_TAKEN, LIMIT_REACHED or SHUTTING_DOWN. Asked before any upgrade, so that a refusal
   * can be an HTTP status.
   */
  findObstacle(runnerId: RunnerId, principal: string): RevDialErrorCode | undefined {
    if (this.#closing !== undefined) return 'SHUTTING_DOWN';
    const record = this.#runners.get(runnerId);
    if (record?.isOpenTo(principal) === false) return 'RUNNER_ID_TAKEN';
    return this.#isNew(runnerId) && this.#seenCount >= this.#maxCount ? 'LIMIT_REACHED' : undefined;
  }

  /** The same of several runners that come on one link: all of them, or none. */
  findObstacleOfAll(runnerIds: readonly RunnerId[], principal: string): RevDialErrorCode | undefined {
    for (const runnerId of runnerIds) {
      const obstacle = this.findObstacle(runnerId, principal);
      if (obstacle !== undefined) return obstacle;
    }
    const newCount = runnerIds.filter((runnerId) => this.#isNew(runnerId)).length;
    return this.#seenCount + newCount > this.#maxCount ? 'LIMIT_REACHED' : undefined;
  }

  /**
   * `timeoutMs` is how long runners may take to pick up, over all links that are tried; the waits for a lost link to
   * come back are bounded by the grace period instead, all of them together.
   */
  dial(runnerId: RunnerId, options: OpenStreamOptions = {}): Promise<Duplex> {
    this.counters.dialsStarted += 1;
    const endDial = startDial(runnerId, options.class ?? 'interactive');
    const dialing = this.#dial(runnerId, options).catch((error: unknown) => {
      if (error instanceof RevDialError) this.counters.count(this.counters.dialFailures, error.code);
      endDial?.(error instanceof RevDialError ? error.code : undefined);
      throw error;
    });
    if (endDial === undefined) return dialing;
    return dialing.then((stream) => {
      if (stream instanceof DialStream && !stream.isPickedUp) stream.onceAnswered(endDial);
      else endDial();
      return stream;
    });
  }

  list(): readonly RunnerStatus[] {
    return [...this.#runners.values()].map((record) => record.status());
  }

  find(runnerId: RunnerId): RunnerStatus | undefined {
    return this.#runners.get(runnerId)?.status();
  }

  isConnected(runnerId: RunnerId): boolean {
    const link = this.#runners.get(runnerId)?.link;
    return link !== undefined && link.isResuming !== true;
  }

  probe(runnerId: RunnerId): void {
    this.#runners.get(runnerId)?.link?.probe();
  }

  /**
   * The id is not reserved: the first authorised principal claims it. Takes no room from runners that connect. Does nothing when
   * the runner is known, enough others are awaited, or this replica is closing.
   */
  expect(runnerId: RunnerId, principal: string): void {
    this.#await(runnerId, principal, 'expected');
  }

  expectBack(runnerId: RunnerId, principal: string): void {
    this.#await(runnerId, principal, 'grace');
  }

  remove(runnerId: RunnerId): void {
    const record = this.#runners.get(runnerId);
    if (record === undefined) return;
    this.#forget(record, 'RUNNER_NOT_CONNECTED');
    // Also the last link of a runner in grace, and superseded ones: their streams may still be finishing.
    for (const link of record.links) link.destroy('revoked');
  }

  subscribe(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Refuses new links and dials, then closes all links within `graceMs`. Idempotent; never rejects. */
  close(graceMs?: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  totals(): ConnectionTotals {
    return totalsOf(this.#runners.values(), this.#endedLinkBytes);
  }

  async #close(graceMs: number | undefined): Promise<void> {
    // In a later turn, so that `#closing` is set before a listener hears of it.
    await Promise.resolve();
    for (const record of [...this.#runners.values()]) {
      for (const link of record.links) this.#finishLink(link.close(graceMs, 'shutdown'));
      this.#forget(record, 'SHUTTING_DOWN');
    }
    await Promise.allSettled(this.#endingLinks);
  }

  #dial(runnerId: RunnerId, options: OpenStreamOptions): Promise<Duplex> {
    if (this.#closing !== undefined)
      return Promise.reject(new RevDialError('SHUTTING_DOWN', 'this replica is closing'));
    const record = this.#runners.get(runnerId);
    if (record === undefined) return Promise.reject(notConnected(runnerId));
    const { counters } = this;
    return dialThroughLinks(
      record,
      options,
      this.graceMs,
      () => {
        counters.dialsMoved += 1;
      },
      (stream, tookMs, link) => {
        // Its link counts it when it is picked up.
        if (stream instanceof DialStream) return;
        counters.dialsSucceeded += 1;
        counters.onPickedUp(tookMs, link.transport);
      },
    );
  }

  #onLinkEnded(record: RunnerRecord, link: RunnerLink, end: LinkEnd): void {
    // A superseded link, or one of a runner that was removed: no runner loses its link by it.
    if (record.link !== link || this.#runners.get(record.runnerId) !== record) return;
    this.#beginGrace(record, 'grace');
    this.#emit({ type: 'lost', runnerId: record.runnerId, end });
  }

  #await(runnerId: RunnerId, principal: string, state: AwaitedRunner['state']): void {
    if (this.#runners.has(runnerId) || this.#closing !== undefined) return;
    if (this.#unseenCount >= this.#maxCount) return;
    this.#beginGrace(this.#addRecord(runnerId, principal), state);
  }

  #beginGrace(record: RunnerRecord, state: AwaitedRunner['state']): void {
    record.beginGrace(state, () => {
      this.#logger.info({ runnerId: record.runnerId }, 'runner is gone, its grace period is over');
      this.#forget(record, 'RUNNER_NOT_CONNECTED');
    });
  }

  #forget(record: RunnerRecord, code: RevDialErrorCode): void {
    if (this.#runners.delete(record.runnerId) && record.wasNeverLinked) this.#unseenCount -= 1;
    record.forget(
      code === 'RUNNER_NOT_CONNECTED'
        ? notConnected(record.runnerId)
        : new RevDialError(code, 'this replica is closing'),
    );
    this.#emit({ type: 'gone', runnerId: record.runnerId });
  }

  #addRecord(runnerId: RunnerId, principal: string): RunnerRecord {
    const name = parseRunnerId(runnerId);
    if (name === undefined) throw new TypeError(`not a runner id: ${runnerId}`);
    const record = new RunnerRecord(name, principal, {
      graceMs: this.graceMs,
      maxWaitingDialCount: this.maxWaitingDialCount,
      clock: this.#options.clock ?? systemClock,
    });
    this.#runners.set(runnerId, record);
    this.#unseenCount += 1;
    return record;
  }

  /** Would it need room here? An awaited one without a link so far has none yet. */
  #isNew(runnerId: RunnerId): boolean {
    return this.#runners.get(runnerId)?.wasNeverLinked !== false;
  }

  /** Runners that have, or had a moment ago, a link here. */
  get #seenCount(): number {
    return this.#runners.size - this.#unseenCount;
  }

  get #maxCount(): number {
    return this.#options.maxRunnerCount ?? RUNNERS_MAX_COUNT;
  }

  #finishLink(ending: Promise<void>): void {
    this.#endingLinks.add(ending);
    void ending.finally(() => this.#endingLinks.delete(ending));
  }

  #emit(event: ConnectionEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ err: error, event: event.type }, 'a listener to connections failed');
      }
    }
  }
}

function diagnosticsOf({ runnerId, transport, remoteAddress }: RunnerLink): LinkDiagnostics {
  return { runnerId, transport, remoteAddress };
}

function notConnected(runnerId: RunnerId): RevDialError {
  return new RevDialError('RUNNER_NOT_CONNECTED', `${runnerId} is not connected`);
}
