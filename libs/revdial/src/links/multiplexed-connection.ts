import { randomBytes } from 'node:crypto';
import type { BytePipe, PipeEnd, PipeCloseCode } from '../carrier/byte-pipe.js';
import { DialStream } from '../dial/dial-stream.js';
import type { DialStreamOptions } from '../dial/dial-stream.js';
import { MULTIPLEXED_CLOSE_LIMIT_MS, MULTIPLEXED_UNREAD_MAX_BYTES } from '../limits.js';
import { Multiplexer } from '../mux/multiplexer.js';
import type { MultiplexerStats, MuxLimits } from '../mux/multiplexer-options.js';
import { RESUMABLE_TIMINGS } from '../resumable/limits.js';
import type { ResumableTimings } from '../resumable/limits.js';
import { ResumableLink } from '../resumable/resumable-link.js';
import type { ResumableStats } from '../resumable/resumable-link-options.js';
import { newResumptionSecret, ResumptionGate } from '../resumable/resumption.js';
import type { LinkGrant, Resumption, ResumptionRefusal } from '../resumable/resumption.js';
import type { RunnerId } from '../runner-id.js';
import type { LinkEnd, LinkEndReason, LinkTransport } from '../runner-link.js';
import { linkEndReasonOf, pipeCloseCodeOf } from './end-reasons.js';
import type { PrincipalShare } from './principal-share.js';

/** A runner on it. */
export interface CarriedRunner {
  readonly runnerId: RunnerId;
  /** May streams be opened, and the connection be resumed for it? */
  readonly isOpen: boolean;
  /** The carrier is lost, and the connection waits to be resumed. */
  onLost(): void;
  /** The connection has a carrier again. */
  onResumed(): void;
  /** The connection has ended, and its streams with it. */
  onEnded(end: LinkEnd): void;
}

/** Over what a multiplexed link travels at the moment. */
export interface Carriage {
  readonly transport: Extract<LinkTransport, 'mux' | 'mux-websocket'>;
  readonly remoteAddress: string;
}

export interface MultiplexedConnectionOptions {
  /** How long a lost connection may be resumed. */
  readonly holdMs?: number;
  readonly resumableTimings?: Partial<ResumableTimings>;
  readonly muxLimits?: Partial<MuxLimits>;
}

export interface MultiplexedConnectionEvents {
  readonly onCarrierLost?: (end: PipeEnd) => void;
  readonly onResumed?: (replayedBytes: number) => void;
  /** A stream to this runner ended because the agent broke the rules of streams or dials. */
  readonly onViolation?: (runnerId: RunnerId, reason: string) => void;
}

/**
 * What the runners of one agent share: one resumable pipe with a multiplexer on it. It can be resumed for as long as one of them
 * is open; one that is superseded or removed is taken off it alone, and the last takes it along. So of two agents with the
 * same runners only the newer one's can ever be resumed.
 */
export class MultiplexedConnection {
  readonly grant: LinkGrant;
  readonly connectedAt = new Date();
  /** Settles once. Never rejects. */
  readonly closed: Promise<PipeEnd>;
  readonly share: PrincipalShare;
  readonly #pipe: ResumableLink;
  readonly #mux: Multiplexer;
  readonly #gate: ResumptionGate;
  readonly #runners = new Map<RunnerId, CarriedRunner>();
  /** All that were ever added. */
  readonly #openedWith = new Set<RunnerId>();
  readonly #events: MultiplexedConnectionEvents;
  #carriage: Carriage;
  /** When the carrier was lost; undefined while it has one. */
  #lostAtMs: number | undefined;
  #absentMs = 0;
  #closingReason: LinkEndReason | undefined;
  /** The last runner was taken off: what is left is worth one carrier. */
  #farewell: PipeCloseCode | undefined;
  #replayedBytes = 0;

  constructor(
    readonly principal: string,
    share: PrincipalShare,
    carriage: Carriage,
    options: MultiplexedConnectionOptions = {},
    events: MultiplexedConnectionEvents = {},
  ) {
    this.share = share;
    this.#carriage = carriage;
    this.#events = events;
    const holdMs = options.holdMs ?? RESUMABLE_TIMINGS.holdMs;
    this.grant = { linkId: randomBytes(16).toString('hex'), secret: newResumptionSecret(), holdMs };
    this.#gate = new ResumptionGate(this.grant.linkId, this.grant.secret, principal);
    this.#pipe = new ResumableLink({
      role: 'server',
      timings: { closeLimitMs: MULTIPLEXED_CLOSE_LIMIT_MS, ...options.resumableTimings },
      holdMs,
      events: {
        onCarrierLost: (end) => {
          this.#lostAtMs = performance.now();
          if (this.#farewell !== undefined) {
            this.#mux.destroy(this.#farewell);
            return;
          }
          events.onCarrierLost?.(end);
          for (const runner of [...this.#runners.values()]) runner.onLost();
        },
        onResumed: () => {
          const { replayedBytes } = this.#pipe.stats;
          events.onResumed?.(replayedBytes - this.#replayedBytes);
          this.#replayedBytes = replayedBytes;
        },
      },
    });
    this.#mux = new Multiplexer(this.#pipe, {
      role: 'server',
      unreadAccount: share,
      limits: { linkUnreadMaxBytes: MULTIPLEXED_UNREAD_MAX_BYTES, ...options.muxLimits },
      onClosed: (end) => {
        this.#end(end);
      },
    });
    this.closed = this.#mux.closed;
  }

  get carriage(): Carriage {
    return this.#carriage;
  }

  get stats(): ResumableStats & MultiplexerStats {
    return { ...this.#pipe.stats, ...this.#mux.stats };
  }

  get resumableStats(): ResumableStats {
    return this.#pipe.stats;
  }

  /** How long it may still be resumed; undefined while it is connected. */
  get resumeLeftMs(): number | undefined {
    if (this.#lostAtMs === undefined) return undefined;
    return Math.max(0, this.grant.holdMs - this.#absentNowMs);
  }

  /** How long it has been without a carrier, in all. */
  get absentMs(): number {
    return this.#absentMs + this.#absentNowMs;
  }

  add(runner: CarriedRunner): void {
    this.#runners.set(runner.runnerId, runner);
    this.#openedWith.add(runner.runnerId);
  }

  /** A runner of it is about to be taken off. */
  noteClosing(reason: LinkEndReason): void {
    this.#closingReason = reason;
  }

  /** Has a newer link taken its last runner? */
  get isSuperseded(): boolean {
    return this.#closingReason === 'superseded' && ![...this.#runners.values()].some((runner) => runner.isOpen);
  }

  /** Takes a runner off; the last takes the connection along. */
  release(runner: CarriedRunner, reason: LinkEndReason, isCut: boolean): void {
    this.#runners.delete(runner.runnerId);
    if (this.#runners.size > 0) return;
    const code = pipeCloseCodeOf(reason);
    this.#farewell = code;
    // No peer is there that could acknowledge the rest.
    if (isCut || this.#lostAtMs !== undefined) this.#mux.destroy(code);
    else void this.#mux.close(code);
  }

  get isEmpty(): boolean {
    return this.#runners.size === 0;
  }

  /** May this peer take it up again, asking for these runners? */
  judge(resumption: Resumption, principal: string, runnerIds: readonly RunnerId[]): ResumptionRefusal | undefined {
    const isOpen = [...this.#runners.values()].some((runner) => runner.isOpen);
    return this.#gate.judge(resumption, principal, {
      isClosed: this.#pipe.isClosed || !isOpen,
      areRunnersRight:
        runnerIds.length === this.#openedWith.size && runnerIds.every((runnerId) => this.#openedWith.has(runnerId)),
      accepts: (peerReceived) => this.#pipe.accepts(peerReceived),
    });
  }

  /** See `ResumableLink.detach`. */
  detach(): number {
    return this.#pipe.detach();
  }

  attach(carrier: BytePipe, peerReceived: number, carriage: Carriage): void {
    this.#carriage = carriage;
    this.#absentMs = this.absentMs;
    this.#lostAtMs = undefined;
    this.#pipe.attach(carrier, peerReceived);
    for (const runner of [...this.#runners.values()]) runner.onResumed();
  }

  open(options: DialStreamOptions): DialStream {
    return this.#mux.openStreamOf((host) => new DialStream(host, options));
  }

  noteViolation(runnerId: RunnerId, reason: string): void {
    this.#events.onViolation?.(runnerId, reason);
  }

  probe(): void {
    this.#pipe.probe();
  }

  /** Asks the agent to move to another link. */
  askToMove(withinMs: number): void {
    this.#pipe.drain(withinMs);
  }

  destroy(code: PipeCloseCode): void {
    this.#mux.destroy(code);
  }

  #end(end: PipeEnd): void {
    const reason = linkEndReasonOf(end);
    const at = new Date(Date.now() - this.#absentNowMs);
    for (const runner of [...this.#runners.values()]) runner.onEnded({ reason, at, ...causeOf(end) });
  }

  /** Of the absence that goes on. */
  get #absentNowMs(): number {
    return this.#lostAtMs === undefined ? 0 : performance.now() - this.#lostAtMs;
  }
}

function causeOf(end: PipeEnd): { readonly cause?: unknown } {
  return end.cause === undefined ? {} : { cause: end.cause };
}
