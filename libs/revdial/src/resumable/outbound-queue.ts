import { FRAME_COPY_MAX_BYTES } from '../limits.js';
import type { AttachedCarrier } from './attached-carrier.js';
import {
  ACK_EVERY_BYTES,
  DATA_RECORD_MAX_BYTES,
  IN_FLIGHT_START_BYTES,
  REPLAY_MAX_BYTES,
  WRITE_AT_ONCE_MIN_BYTES,
} from './limits.js';
import type { LinkClock } from './link-clock.js';
import { ackRecord, dataHeader, drainRecord, pongRecord } from './record-codec.js';
import { ReplayBuffer } from './replay-buffer.js';

/**
 * What is to be sent, and in which order: PONG, ACK, DRAIN, data. The carrier gets only as much as it wants and as the in-flight
 * limit allows; the rest waits here and with the writers.
 */
export class OutboundQueue {
  readonly #replay = new ReplayBuffer();
  readonly #startBytes: number;
  /** The offset of the latest ACK that was sent. */
  #ackedBytes = 0;
  #isAckDue = false;
  /** A peer that pings faster than it reads gets one PONG, to the latest PING. */
  #pongPayload: Buffer | undefined;
  /** When the agent has to have moved to another link. */
  #drainAtMs: number | undefined;
  #isDrainDue = false;

  constructor(startBytes: number = IN_FLIGHT_START_BYTES) {
    this.#startBytes = startBytes;
  }

  get bufferedBytes(): number {
    return this.#replay.bufferedBytes;
  }

  writableBytes(attached: AttachedCarrier | undefined): number {
    const limitBytes = Math.min(attached?.limit.bytes ?? this.#startBytes, REPLAY_MAX_BYTES);
    const room = limitBytes - this.#replay.bufferedBytes;
    if (attached === undefined) return Math.max(0, room);
    // On a slow path little at a time: urgent bytes cannot overtake what is written.
    const atOnceBytes = Math.max(WRITE_AT_ONCE_MIN_BYTES, Math.floor(limitBytes / 4));
    return Math.max(
      0,
      Math.min(room, Math.min(atOnceBytes, attached.carrier.writableBytes) - this.#replay.unsentBytes),
    );
  }

  append(chunks: readonly Buffer[]): void {
    const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (chunks.length > 1 && byteCount <= FRAME_COPY_MAX_BYTES) this.#replay.append(Buffer.concat(chunks, byteCount));
    else for (const chunk of chunks) this.#replay.append(chunk);
  }

  /** For error messages: the offsets that `accepts` accepts. */
  get acceptable(): string {
    return `${this.#replay.acknowledged} to ${this.#replay.sent}`;
  }

  /** Can sending go on for a peer that has received so many bytes? */
  accepts(peerReceived: number): boolean {
    return peerReceived >= this.#replay.acknowledged && peerReceived <= this.#replay.sent;
  }

  /** A new carrier, whose peer knows that `receivedBytes` of its own were received. Returns how many bytes are sent again. */
  rewind(peerReceived: number, receivedBytes: number): number {
    this.#ackedBytes = receivedBytes;
    this.#isAckDue = false;
    this.#pongPayload = undefined;
    this.#isDrainDue = this.#drainAtMs !== undefined;
    return this.#replay.rewind(peerReceived);
  }

  /** `false` where the offset is beyond what was sent, or below an earlier ACK. */
  onAck(offset: number): boolean {
    if (!this.accepts(offset)) return false;
    this.#replay.acknowledge(offset);
    return true;
  }

  requestPong(payload: Buffer): void {
    this.#pongPayload = Buffer.from(payload);
    this.#isAckDue = true;
  }

  /** When is an ACK of the delivered bytes due, unless one travels with data before? */
  ackDue(receivedBytes: number): 'none' | 'later' | 'now' {
    const newBytes = receivedBytes - this.#ackedBytes;
    if (newBytes >= ACK_EVERY_BYTES) return 'now';
    return newBytes > 0 ? 'later' : 'none';
  }

  /** The delay is over. */
  requestAck(): void {
    this.#isAckDue = true;
  }

  /** Repeated on every later carrier. */
  requestDrain(withinMs: number, realMs: number): void {
    this.#drainAtMs = realMs + withinMs;
    this.#isDrainDue = true;
  }

  /** Hands the carrier what it takes now. Writing may detach it. */
  flush(attached: AttachedCarrier, receivedBytes: number, clock: LinkClock): void {
    const { carrier, limit, liveness } = attached;
    const replay = this.#replay;
    while (attached.isAttached) {
      const room = carrier.writableBytes;
      if (room === 0) break;
      const allowedBytes = limit.bytes - replay.inFlightBytes;
      const dataBytes = Math.max(0, Math.min(room, allowedBytes, DATA_RECORD_MAX_BYTES, replay.unsentBytes));
      const records: Buffer[] = [];
      this.#takeControl(records, receivedBytes, dataBytes > 0, clock.realMs);
      if (dataBytes > 0) {
        records.push(dataHeader(dataBytes));
        replay.take(dataBytes, records);
      }
      if (records.length === 0) break;
      if (dataBytes > 0) limit.onSent(replay.sent, replay.inFlightBytes, clock.realMs);
      liveness.onSent(clock.nowMs);
      attached.write(records);
    }
    if (replay.inFlightBytes >= limit.bytes) limit.onUsedUp();
  }

  clear(): void {
    this.#replay.clear();
    this.#pongPayload = undefined;
  }

  #takeControl(records: Buffer[], receivedBytes: number, isDataNext: boolean, realMs: number): void {
    if (this.#pongPayload !== undefined) {
      records.push(pongRecord(this.#pongPayload));
      this.#pongPayload = undefined;
    }
    // An ACK costs nothing when data is sent with it.
    if ((this.#isAckDue || isDataNext) && receivedBytes > this.#ackedBytes) {
      records.push(ackRecord(receivedBytes));
      this.#ackedBytes = receivedBytes;
    }
    this.#isAckDue = false;
    if (this.#isDrainDue && this.#drainAtMs !== undefined) {
      records.push(drainRecord(this.#drainAtMs - realMs));
      this.#isDrainDue = false;
    }
  }
}
