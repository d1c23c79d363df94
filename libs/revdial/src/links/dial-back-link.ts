import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  CLIENT_PICK_UP_LIMIT_MS,
  DIAL_TIMEOUT_MS,
  LINK_PENDING_DIALS_MAX_COUNT,
  LINK_UNANSWERED_DIALS_MAX_COUNT,
  ORPHANED_STREAM_GRACE_MS,
  UNANSWERED_DIALS_BEFORE_SILENT,
} from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import type { RunnerId } from '../runner-id.js';
import type {
  LinkEnd,
  LinkEndReason,
  LinkStats,
  LinkTransport,
  OpenStreamOptions,
  RunnerLink,
} from '../runner-link.js';
import type { ReceivedControlMessage } from '../wire/control-line-codec.js';
import type { WebSocketByteStream } from '../wire/websocket-byte-stream.js';
import type { ControlChannel } from './control-channel.js';
import { LinkStreams } from './link-streams.js';
import { PendingDials } from './pending-dials.js';

export interface DialBackLinkOptions {
  readonly maxPendingDialCount?: number;
  readonly maxUnansweredDialCount?: number;
  readonly orphanedStreamGraceMs?: number;
  /** How long a dial may be unanswered before it counts as evidence that a hijacked link is dead. */
  readonly clientPickUpLimitMs?: number;
}

/**
 * A link of generation 1 or 2: a control connection over which the runner is asked to dial back, once for each stream.
 *
 * The streams are connections of their own and outlive a control connection that was lost or superseded by
 * `orphanedStreamGraceMs`, so that an answer under way still arrives; what cuts them errors them with LINK_LOST, since an
 * answer without a length must not look complete.
 */
export class DialBackLink implements RunnerLink {
  /** Names this link in `connPath`; data connections find it by this id. */
  readonly dialerId = randomBytes(16).toString('hex');
  readonly connectedAt = new Date();
  readonly closed: Promise<LinkEnd>;
  readonly #channel: ControlChannel;
  readonly #dials: PendingDials;
  readonly #unanswered = new UnansweredDials();
  readonly #streams = new LinkStreams();
  readonly #orphanedStreamGraceMs: number;
  readonly #clientPickUpLimitMs: number;
  #state: 'open' | 'closing' | 'ended' = 'open';
  #settleClosed: (end: LinkEnd) => void = () => undefined;

  constructor(
    readonly runnerId: RunnerId,
    readonly principal: string,
    channel: ControlChannel,
    options: DialBackLinkOptions = {},
  ) {
    this.#channel = channel;
    this.#orphanedStreamGraceMs = options.orphanedStreamGraceMs ?? ORPHANED_STREAM_GRACE_MS;
    this.#clientPickUpLimitMs = options.clientPickUpLimitMs ?? CLIENT_PICK_UP_LIMIT_MS;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#dials = new PendingDials({
      maxPendingCount: options.maxPendingDialCount ?? LINK_PENDING_DIALS_MAX_COUNT,
      maxUnansweredCount: options.maxUnansweredDialCount ?? LINK_UNANSWERED_DIALS_MAX_COUNT,
      dialTimeoutMs: DIAL_TIMEOUT_MS,
      canAnnounce: () => channel.isReady,
      announce: (requestId) => {
        this.#unanswered.announced();
        channel.send({ command: 'conn-ready', connPath: this.#connPath(requestId) });
      },
    });
  }

  get transport(): LinkTransport {
    return this.#channel.transport.kind;
  }

  get remoteAddress(): string {
    return this.#channel.transport.remoteAddress;
  }

  /** Begins to speak. Apart from the constructor, so that the link can be registered before its first event. */
  start(): void {
    this.#channel.start({
      onReady: () => {
        this.#dials.pump();
      },
      onMessage: (message) => {
        this.#receive(message);
      },
      onSeen: () => {
        this.#unanswered.clear();
      },
      onTurn: () => {
        this.#judgeUnanswered();
      },
      onEnd: (reason, cause) => {
        this.#lose(reason, cause);
      },
    });
  }

  openStream(options?: OpenStreamOptions): Promise<Duplex> {
    if (this.#state !== 'open') return Promise.reject(new RevDialError('LINK_LOST', 'the link is closing'));
    return this.#dials.open(options);
  }

  /** Does a dial wait for this data connection? Asked before its upgrade. */
  awaits(requestId: string): boolean {
    return this.#dials.isAnnounced(requestId);
  }

  /** The runner answered a dial that no longer waits: it is alive. */
  noteLatePickUp(): void {
    this.#channel.markSeen();
  }

  /** Gives a data connection to the dial it was made for. `false`: that dial no longer waits, and the caller must destroy the stream. */
  pickUp(requestId: string, stream: WebSocketByteStream): boolean {
    if (this.#state !== 'open') return false;
    this.#channel.markSeen();
    this.#streams.add(stream);
    return this.#dials.pickUp(requestId, stream);
  }

  stats(): LinkStats {
    const channel = this.#channel;
    const streamBytes = this.#streams.bytes();
    return {
      lastSeenAt: new Date(channel.lastSeenAtMs),
      roundTripMs: channel.roundTripMs,
      unansweredMs: Math.max(channel.unansweredMs, this.#unansweredDialMs()),
      openStreamCount: this.#streams.count,
      bytesIn: channel.bytesIn + streamBytes.in,
      bytesOut: channel.bytesOut + streamBytes.out,
    };
  }

  probe(): void {
    this.#channel.probe();
  }

  async close(graceMs = this.#orphanedStreamGraceMs, reason: LinkEndReason = 'shutdown'): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#failDials(reason);
      await this.#streams.drain(graceMs, lost(reason));
      this.#channel.close(reason);
      this.#settle(reason);
    } else {
      // Its streams have a grace of their own, which may be longer.
      await this.#streams.drain(graceMs, lost(reason));
    }
    await this.closed;
  }

  destroy(reason: LinkEndReason): void {
    this.#channel.destroy(reason);
    this.#settle(reason);
    this.#failDials(reason);
    this.#streams.destroy(lost(reason));
  }

  /** The control connection is gone; the streams may finish. */
  #lose(reason: LinkEndReason, cause: unknown): void {
    this.#settle(reason, cause);
    this.#failDials(reason);
    if (reason === 'protocol-violation') this.#streams.destroy(lost(reason));
    else void this.#streams.drain(this.#orphanedStreamGraceMs, lost(reason));
  }

  #receive(message: ReceivedControlMessage): void {
    if (message.command !== 'pickup-failed') return;
    const requestId = new URLSearchParams(message.connPath.slice(message.connPath.indexOf('?') + 1)).get('revdial.req');
    if (requestId === null) return;
    this.#dials.fail(requestId, new RevDialError('PICKUP_FAILED', `the runner could not dial back: ${message.err}`));
  }

  /**
   * A hijacked runner need not speak, and unacknowledged keep-alives put TCP's own probes off for minutes, so dials that a
   * whole pick-up time has not answered are the proof. A WebSocket link has its pings, our agent answers keep-alives.
   */
  #judgeUnanswered(): void {
    if (this.transport !== 'hijack' || !this.#unanswered.isSilent(this.#clientPickUpLimitMs)) return;
    this.#channel.destroy('peer-silent');
    this.#lose('peer-silent', new Error('the runner answers no dial'));
  }

  /** Counted from the latest sign of life: one who picks up other dials is only slow with this one. */
  #unansweredDialMs(): number {
    const announcedAtMs = this.#dials.oldestAnnouncedAtMs;
    const waitingMs =
      announcedAtMs === undefined ? 0 : Date.now() - Math.max(announcedAtMs, this.#channel.lastSeenAtMs);
    return Math.max(waitingMs, this.#unanswered.oldestAgeMs);
  }

  #connPath(requestId: string): string {
    return `/revdial?revdial.dialer=${this.dialerId}&revdial.req=${requestId}`;
  }

  #failDials(reason: LinkEndReason): void {
    this.#dials.failAll(lost(reason));
  }

  #settle(reason: LinkEndReason, cause?: unknown): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#settleClosed({ reason, at: new Date(), ...(cause === undefined ? {} : { cause }) });
  }
}

function lost(reason: LinkEndReason): RevDialError {
  return new RevDialError('LINK_LOST', `the link of the runner ended: ${reason}`);
}

/**
 * The first dials that were announced since the runner's last sign of life. They stay here when their callers have given
 * up: callers time out before the runner does, and an unanswered dial is evidence against the link all the same.
 */
class UnansweredDials {
  readonly #announcedAtMs: number[] = [];

  announced(): void {
    if (this.#announcedAtMs.length < UNANSWERED_DIALS_BEFORE_SILENT) this.#announcedAtMs.push(performance.now());
  }

  /** The runner gave a sign of life. */
  clear(): void {
    this.#announcedAtMs.length = 0;
  }

  /** Since when the oldest waits; 0 without any. */
  get oldestAgeMs(): number {
    const [oldest] = this.#announcedAtMs;
    return oldest === undefined ? 0 : performance.now() - oldest;
  }

  /** Have enough dials been unanswered for `limitMs` each? */
  isSilent(limitMs: number): boolean {
    const last = this.#announcedAtMs[UNANSWERED_DIALS_BEFORE_SILENT - 1];
    return last !== undefined && performance.now() - last >= limitMs;
  }
}
