import type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from '../carrier/byte-pipe.js';
import { AttachedCarrier } from './attached-carrier.js';
import type { CarrierEvents } from './attached-carrier.js';
import { InboundQueue } from './inbound-queue.js';
import { RESUMABLE_TIMINGS, REPLAY_MAX_BYTES } from './limits.js';
import type { ResumableTimings } from './limits.js';
import type { LinkClock, WatchedLink } from './link-clock.js';
import { OutboundQueue } from './outbound-queue.js';
import { processClock } from './link-clock.js';
import { closeRecord, pingRecord, RecordViolation } from './record-codec.js';
import { isRevDialError } from '../revdial-error.js';
import { traceRecords } from './record-trace.js';
import type { ResumableLinkOptions, ResumableStats } from './resumable-link-options.js';

/**
 * A host's connection breaks: Wi-Fi, a load balancer's limit, a proxy that restarts. Everything on it (a stream of a desktop, an
 * upload) would break too. So the link is one pipe that outlives its connections, its carriers: both sides count the bytes of each
 * direction, keep what the peer has not acknowledged, and send it again on the next carrier. What runs above notices a cut only by
 * the time it takes.
 *
 *   write ─▶ OutboundQueue (ReplayBuffer, InFlightLimit) ─▶ records ─▶ carrier ─▶ RecordReader ─▶ InboundQueue ─▶ receiver
 *                    ▲ ACK: forget what the peer has                                    │ DATA: delivered, ACK owed
 *                    └── `attach` of the next carrier: send again from there            ▼
 *
 * `record-codec.ts` has the bytes; `attached-carrier.ts` what is true of one carrier only (liveness, in-flight limit);
 * `resumption.ts` how an agent proves that a link is its own. Ends by CLOSE, by a violation, or when no carrier came within the
 * hold time.
 */
export class ResumableLink implements BytePipe {
  readonly #options: ResumableLinkOptions;
  readonly #timings: ResumableTimings;
  readonly #clock: LinkClock;
  readonly #outbound: OutboundQueue;
  readonly #inbound: InboundQueue;
  readonly #watched: WatchedLink;
  readonly #carrierEvents: CarrierEvents;
  #receiver: PipeReceiver | undefined;
  #attached: AttachedCarrier | undefined;
  #attachedCount = 0;
  #lostAtMs = 0;
  /** When the peer was last heard, as of the latest loss of a carrier. */
  #receivedAtMs = 0;
  #replayedBytes = 0;
  #isAckPlanned = false;
  #closing: { readonly code: PipeCloseCode; readonly reason: string; readonly atMs: number } | undefined;
  /** The peer has closed, and the reader has not received everything yet. */
  #peerEnd: PipeEnd | undefined;
  #end: PipeEnd | undefined;

  constructor(options: ResumableLinkOptions) {
    this.#options = options;
    const holdMs = options.holdMs ?? options.timings?.holdMs ?? RESUMABLE_TIMINGS.holdMs;
    this.#timings = { ...RESUMABLE_TIMINGS, ...options.timings, holdMs };
    this.#clock = options.clock ?? processClock;
    this.#outbound = new OutboundQueue(options.inFlight?.startBytes);
    this.#inbound = new InboundQueue(
      (bytes) => this.#receiver?.onBytes(bytes),
      () => {
        this.#planAck();
        this.#endIfRead();
      },
    );
    this.#watched = {
      onTurn: (nowMs) => {
        this.#turn(nowMs);
      },
      onAckDue: () => {
        this.#isAckPlanned = false;
        this.#outbound.requestAck();
        this.#flush();
      },
    };
    this.#carrierEvents = this.#listen();
  }

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
    if (this.#end !== undefined) {
      this.#reportEndLater(this.#end);
      return;
    }
    this.#lostAtMs = this.#clock.nowMs;
    this.#receivedAtMs = this.#lostAtMs;
    this.#clock.watch(this.#watched);
    if (this.#attached !== undefined) this.#begin(this.#attached);
  }

  /** Bytes of the peer that the reader has received. Does not change while no carrier is attached. */
  get received(): number {
    return this.#inbound.deliveredBytes;
  }

  /** Ended, or ended by the peer while the reader has not received everything. */
  get isClosed(): boolean {
    return this.#end !== undefined || this.#peerEnd !== undefined;
  }

  /** Can the peer go on from this offset? Not below what it has acknowledged, nor beyond what was sent. */
  accepts(peerReceived: number): boolean {
    return !this.isClosed && this.#outbound.accepts(peerReceived);
  }

  /** The link goes on over this carrier. An offset that is not accepted ends the link with `offset-mismatch`. */
  attach(carrier: BytePipe, peerReceived: bigint | number): void {
    if (this.isClosed) {
      carrier.destroy('done');
      return;
    }
    this.detach();
    const offset = Number(peerReceived);
    const attached = new AttachedCarrier(carrier, this.#carrierEvents, this.#clock, offset, this.#options.inFlight);
    attached.trace = traceRecords(() => ({ sent: offset, received: this.received }));
    this.#attached = attached;
    if (!this.#outbound.accepts(offset)) {
      this.destroy(
        'offset-mismatch',
        `the peer says that it received ${offset} bytes, which is not within ${this.#outbound.acceptable}`,
      );
      return;
    }
    this.#replayedBytes += this.#outbound.rewind(offset, this.received);
    this.#attachedCount += 1;
    if (this.#attachedCount > 1) this.#options.events?.onResumed?.();
    if (this.#receiver !== undefined && this.#attached === attached) this.#begin(attached);
  }

  /**
   * Cuts the carrier, if there is one, and returns `received`, which does not change until `attach`. A server calls this before it
   * answers a resuming agent, which may come back while the old carrier still seems to be alive.
   */
  detach(): number {
    this.#cut('superseded');
    return this.received;
  }

  get writableBytes(): number {
    if (this.#end !== undefined || this.#closing !== undefined) return 0;
    return this.#outbound.writableBytes(this.#attached);
  }

  get roundTripMs(): number | undefined {
    return this.#attached?.liveness.roundTripMs;
  }

  get stats(): ResumableStats {
    const { nowMs } = this.#clock;
    return {
      resumptions: Math.max(0, this.#attachedCount - 1),
      replayedBytes: this.#replayedBytes,
      unansweredMs: this.#attached?.liveness.unansweredMs(nowMs) ?? 0,
      silentMs: this.#attached?.liveness.silentMs(nowMs) ?? Math.max(0, nowMs - this.#receivedAtMs),
      roundTripMs: this.roundTripMs,
      replayBufferedBytes: this.#outbound.bufferedBytes,
    };
  }

  write(chunks: readonly Buffer[]): void {
    if (this.#end !== undefined || this.#closing !== undefined) return;
    this.#outbound.append(chunks);
    this.#flush();
  }

  /** Pings the peer, unless a ping is unanswered already. */
  probe(): void {
    const attached = this.#attached;
    if (attached === undefined || this.#receiver === undefined) return;
    if (attached.liveness.unansweredMs(this.#clock.nowMs) === 0) this.#ping(attached);
  }

  /** Server: asks the agent to move to another link within this time. Nothing is cut. */
  drain(withinMs: number): void {
    if (this.#end !== undefined) return;
    this.#outbound.requestDrain(withinMs, this.#clock.realMs);
    this.#flush();
  }

  pause(): void {
    this.#inbound.pause();
  }

  resume(): void {
    this.#inbound.resume();
  }

  /** Over as many carriers as it takes: ends when the peer has acknowledged everything, or after `closeLimitMs`. */
  close(code: PipeCloseCode, reason = ''): void {
    if (this.#end !== undefined || this.#closing !== undefined) return;
    this.#closing = { code, reason, atMs: this.#clock.nowMs };
    this.#closeIfAcknowledged();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#finish({ code, reason: reasonOf(cause), byPeer: false, ...(cause === undefined ? {} : { cause }) });
  }

  #listen(): CarrierEvents {
    return {
      onData: (bytes) => {
        if (!this.#inbound.push(bytes))
          this.destroy('limit', `the peer sent more than ${REPLAY_MAX_BYTES} bytes that are not acknowledged`);
      },
      onAck: (offset) => {
        this.#onAck(offset);
      },
      onPing: (payload) => {
        this.#outbound.requestPong(payload);
        this.#flush();
      },
      onPong: (payload) => {
        this.#attached?.liveness.onPong(payload, this.#clock.nowMs);
      },
      onClose: (code, reason) => {
        this.#peerEnd = { code, reason, byPeer: true };
        this.#endIfRead();
      },
      onDrain: (withinMs) => {
        if (this.#options.role === 'server') throw new RecordViolation('DRAIN from an agent');
        this.#options.events?.onDrain?.(withinMs);
      },
      onRead: () => {
        this.#planAck();
      },
      onWritable: () => {
        this.#flush();
        if (this.writableBytes > 0) this.#receiver?.onWritable();
      },
      onLost: (end) => {
        this.#lose(end);
      },
      onViolation: (violation) => {
        this.destroy('protocol-violation', violation);
      },
    };
  }

  #begin(attached: AttachedCarrier): void {
    attached.start();
    // So that the round trip is known before anything depends on it.
    if (this.#options.role === 'agent') this.#ping(attached);
    this.#flush();
    this.#closeIfAcknowledged();
    if (this.writableBytes > 0) this.#receiver?.onWritable();
  }

  #flush(): void {
    const attached = this.#attached;
    if (attached === undefined || this.#receiver === undefined) return;
    this.#outbound.flush(attached, this.received, this.#clock);
  }

  #onAck(offset: number): void {
    const attached = this.#attached;
    if (attached === undefined) return;
    const wasWritable = this.writableBytes > 0;
    if (!this.#outbound.onAck(offset))
      throw new RecordViolation(`ACK of ${offset} bytes, not within ${this.#outbound.acceptable}`);
    const roundTripMs = attached.limit.onAck(offset, this.#clock.realMs);
    if (roundTripMs !== undefined) attached.liveness.onRtt(roundTripMs);
    this.#flush();
    this.#closeIfAcknowledged();
    if (!wasWritable && this.writableBytes > 0) this.#receiver?.onWritable();
  }

  #planAck(): void {
    if (this.#attached === undefined) return;
    switch (this.#outbound.ackDue(this.received)) {
      case 'none':
        break;
      case 'later':
        this.#clock.acknowledgeLater(this.#watched);
        break;
      case 'now':
        // One for all chunks of this turn of the event loop: a fast carrier has dozens ready.
        if (this.#isAckPlanned) break;
        this.#isAckPlanned = true;
        setImmediate(() => {
          this.#watched.onAckDue();
        });
    }
  }

  #ping(attached: AttachedCarrier): void {
    attached.write([pingRecord(attached.liveness.onPingSent(this.#clock.nowMs))]);
  }

  #turn(nowMs: number): void {
    const attached = this.#attached;
    const { silenceLimitMs, pingAfterMs, closeLimitMs, holdMs } = this.#timings;
    if (this.#closing !== undefined && nowMs - this.#closing.atMs >= closeLimitMs) {
      this.#finish({ code: this.#closing.code, reason: this.#closing.reason, byPeer: false });
    } else if (attached !== undefined) {
      if (attached.liveness.silentMs(nowMs) >= silenceLimitMs) this.#cut('peer-silent');
      else if (this.#options.role === 'agent' && attached.liveness.isPingDue(nowMs, pingAfterMs)) this.#ping(attached);
    } else if (this.#peerEnd === undefined && nowMs - this.#lostAtMs >= holdMs) {
      this.destroy('expired');
    }
  }

  #cut(code: PipeCloseCode): void {
    const attached = this.#attached;
    if (attached === undefined) return;
    this.#lose({ code, reason: '', byPeer: false });
    attached.carrier.destroy(code);
  }

  #lose(end: PipeEnd): void {
    const { nowMs } = this.#clock;
    if (this.#attached !== undefined) this.#receivedAtMs = nowMs - this.#attached.liveness.silentMs(nowMs);
    this.#attached?.detach();
    this.#attached = undefined;
    this.#lostAtMs = nowMs;
    // Unacknowledged bytes are sent again, except by a peer that has closed.
    if (this.#peerEnd !== undefined) return;
    this.#inbound.dropHeld();
    this.#options.events?.onCarrierLost?.(end);
  }

  #endIfRead(): void {
    if (this.#peerEnd !== undefined && this.#inbound.isEmpty) this.#finish(this.#peerEnd);
  }

  #closeIfAcknowledged(): void {
    if (this.#closing === undefined || this.#outbound.bufferedBytes > 0) return;
    this.#finish({ code: this.#closing.code, reason: this.#closing.reason, byPeer: false });
  }

  #finish(end: PipeEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#clock.unwatch(this.#watched);
    const attached = this.#attached;
    this.#attached = undefined;
    if (attached !== undefined) {
      const carrier = attached.detach();
      // No CLOSE over a carrier that seems lost.
      if (!end.byPeer && end.code !== 'lost') attached.write([closeRecord(end.code, end.reason)]);
      carrier.close(end.code);
    }
    this.#outbound.clear();
    this.#inbound.dropHeld();
    if (this.#receiver !== undefined) this.#reportEndLater(end);
  }

  #reportEndLater(end: PipeEnd): void {
    process.nextTick(() => this.#receiver?.onClosed(end));
  }
}

/** The reason for the peer: which rule it broke. Internal failures are not sent to it. */
function reasonOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  return isRevDialError(cause, 'PROTOCOL_VIOLATION') ? cause.message : '';
}
