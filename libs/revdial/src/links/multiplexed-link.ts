import type { Duplex } from 'node:stream';
import { WaitingLine } from '@helix/pacing';
import type { DialStream } from '../dial/dial-stream.js';
import { DIAL_TIMEOUT_MS, ORPHANED_STREAM_GRACE_MS } from '../limits.js';
import type { RevDialCounters } from '../revdial-counters.js';
import { abortErrorOf, isRevDialError, RevDialError } from '../revdial-error.js';
import type { RunnerId } from '../runner-id.js';
import type {
  LinkEnd,
  LinkEndReason,
  LinkStats,
  LinkTransport,
  OpenStreamOptions,
  RunnerLink,
} from '../runner-link.js';
import { LinkStreams } from './link-streams.js';
import type { MultiplexedConnection } from './multiplexed-connection.js';

/**
 * One runner on a link of generation 3. A stream is opened without a round trip, and outlives the connection under it for
 * as long as that may be resumed.
 */
export class MultiplexedLink implements RunnerLink {
  readonly closed: Promise<LinkEnd>;
  readonly #connection: MultiplexedConnection;
  readonly #counters: RevDialCounters;
  readonly #streams = new LinkStreams();
  /** Dials that wait for the connection to be resumed, as others wait in a runner's grace period. */
  readonly #waiting: WaitingLine;
  #state: 'open' | 'closing' | 'ended' = 'open';
  #settleClosed: (end: LinkEnd) => void = () => undefined;
  #tellConnection: (isResuming: boolean) => void = () => undefined;

  constructor(
    readonly runnerId: RunnerId,
    connection: MultiplexedConnection,
    counters: RevDialCounters,
    maxWaitingDialCount: number,
  ) {
    this.#waiting = new WaitingLine({
      maxCount: maxWaitingDialCount,
      whenFull: () =>
        new RevDialError('DIAL_QUEUE_FULL', `too many dials wait for the link of ${runnerId} to be resumed`),
      whenLate: () => new RevDialError('RUNNER_NOT_CONNECTED', `the link of ${runnerId} was not resumed in time`),
      whenAborted: abortErrorOf,
    });
    this.#connection = connection;
    this.#counters = counters;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    connection.add(this);
  }

  get principal(): string {
    return this.#connection.principal;
  }

  get transport(): LinkTransport {
    return this.#connection.carriage.transport;
  }

  get remoteAddress(): string {
    return this.#connection.carriage.remoteAddress;
  }

  get connectedAt(): Date {
    return this.#connection.connectedAt;
  }

  /** May streams be opened, and the connection be resumed for it? */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isResuming(): boolean {
    return this.#connection.resumeLeftMs !== undefined;
  }

  whenConnected(limitMs: number, signal?: AbortSignal): Promise<void> {
    return this.isResuming ? this.#waiting.wait(undefined, { limitMs, signal }) : Promise.resolve();
  }

  onConnectionChange(listener: (isResuming: boolean) => void): void {
    this.#tellConnection = listener;
  }

  openStream(options: OpenStreamOptions = {}): Promise<Duplex> {
    if (options.signal?.aborted === true) return Promise.reject(abortErrorOf(options.signal.reason));
    if (this.#state !== 'open') return Promise.reject(new RevDialError('LINK_LOST', 'the link is closing'));
    const { share } = this.#connection;
    if (!share.mayOpenStream)
      return Promise.reject(new RevDialError('LIMIT_REACHED', 'too many streams to the runners of this principal'));
    const beganAtMs = performance.now();
    const stream = this.#connection.open({
      target: this.runnerId,
      streamClass: options.class ?? 'interactive',
      onPickedUp: () => {
        clearTimeout(timer);
        this.#counters.dialsSucceeded += 1;
        this.#counters.onPickedUp(performance.now() - beganAtMs, this.transport);
      },
    });
    const { errored } = stream;
    if (errored !== null) {
      stream.on('error', () => undefined);
      return Promise.reject(errored);
    }
    let timer: NodeJS.Timeout | undefined;
    this.#limitPickUp(stream, options.timeoutMs ?? DIAL_TIMEOUT_MS, (next) => {
      timer = next;
    });
    share.streamCount += 1;
    this.#streams.add(stream);
    stream.once('close', () => {
      clearTimeout(timer);
      share.streamCount -= 1;
      const failure = stream.errored;
      if (isRevDialError(failure, 'PROTOCOL_VIOLATION')) this.#connection.noteViolation(this.runnerId, failure.message);
      if (!stream.isPickedUp && isRevDialError(failure))
        this.#counters.count(this.#counters.dialFailures, failure.code);
    });
    return Promise.resolve(stream);
  }

  stats(): LinkStats {
    const { silentMs, roundTripMs, unansweredMs, resumptions } = this.#connection.resumableStats;
    const { resumeLeftMs } = this.#connection;
    const bytes = this.#streams.bytes();
    return {
      lastSeenAt: new Date(Date.now() - silentMs),
      roundTripMs,
      unansweredMs: resumeLeftMs === undefined ? unansweredMs : silentMs,
      openStreamCount: this.#streams.count,
      bytesIn: bytes.in,
      bytesOut: bytes.out,
      waitingDialCount: this.#waiting.size,
      resumptionCount: resumptions,
      ...(resumeLeftMs === undefined ? {} : { resumeLeftMs }),
    };
  }

  probe(): void {
    this.#connection.probe();
  }

  async close(graceMs = ORPHANED_STREAM_GRACE_MS, reason: LinkEndReason = 'shutdown'): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#connection.noteClosing(reason);
      this.#waiting.refuseAll(lost(reason));
      if (reason === 'shutdown') this.#connection.askToMove(graceMs);
      await this.#streams.drain(graceMs, lost(reason));
      this.#settle({ reason, at: new Date() });
      this.#connection.release(this, reason, false);
    } else {
      await this.#streams.drain(graceMs, lost(reason));
    }
    await this.closed;
    if (this.#connection.isEmpty) await this.#connection.closed;
  }

  destroy(reason: LinkEndReason): void {
    this.#settle({ reason, at: new Date() });
    this.#streams.destroy(lost(reason));
    this.#connection.release(this, reason, true);
  }

  onLost(): void {
    this.#tellConnection(true);
  }

  onResumed(): void {
    // Listeners hear of it before the dials that waited for it.
    this.#tellConnection(false);
    this.#waiting.serveAll(undefined);
  }

  /** The connection has ended, and its streams with it. */
  onEnded(end: LinkEnd): void {
    this.#settle(end);
  }

  /** Absence does not count: the dial waits as it would for a link that is lost, in the hold's bound. */
  #limitPickUp(stream: DialStream, limitMs: number, keep: (timer: NodeJS.Timeout) => void): void {
    const absentMs = this.#connection.absentMs;
    keep(
      setTimeout(() => {
        const awayMs = this.#connection.absentMs - absentMs;
        if (awayMs >= 1) this.#limitPickUp(stream, awayMs, keep);
        else
          stream.destroy(
            new RevDialError('DIAL_TIMEOUT', `the runner did not answer the dial within ${String(limitMs)} ms`),
          );
      }, limitMs),
    );
  }

  #settle(end: LinkEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#waiting.refuseAll(lost(end.reason));
    this.#settleClosed(end);
  }
}

function lost(reason: LinkEndReason): RevDialError {
  return new RevDialError('LINK_LOST', `the link of the runner ended: ${reason}`);
}
