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
import { ackRecord, dataHeader, drainRecord, pongRecord } from './record.js';
import { ReplayBuffer } from './replay-buffer.js';

/**
 * What is to be said, and in which order: answers to pings, acknowledgements, data. Only as much is handed to the carrier as it
 * wants and as the in-flight limit allows; the rest stays here and with the writers.
 */
export class OutboundQueue {
  readonly #replay = new ReplayBuffer();
  readonly #startBytes: number;
  /** What the peer was told of its bytes. */
  #toldBytes = 0;
  #isAckDue = false;
  /** A peer that pings faster than it reads gets one answer, to the latest. */
  #pongPayload: Buffer | undefined;
  /** When whoever is to move has to have done so. */
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
    // On a slow path little at a time: what is written cannot be overtaken any more.
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

  /** For people: what `accepts` takes. */
  get acceptable(): string {
    return `${this.#replay.acknowledged} to ${this.#replay.sent}`;
  }

  /** Can a peer that has so many bytes be sent what follows? */
  accepts(peerReceived: number): boolean {
    return peerReceived >= this.#replay.acknowledged && peerReceived <= this.#replay.sent;
  }

  /** A new carrier, whose peer knows that we have `receivedBytes` of its own. Returns how many bytes will be repeated. */
  rewind(peerReceived: number, receivedBytes: number): number {
    this.#toldBytes = receivedBytes;
    this.#isAckDue = false;
    this.#pongPayload = undefined;
    this.#isDrainDue = this.#drainAtMs !== undefined;
    return this.#replay.rewind(peerReceived);
  }

  /** `false` where the peer acknowledges what it was not sent, or takes back what it had acknowledged. */
  acknowledged(offset: number): boolean {
    if (!this.accepts(offset)) return false;
    this.#replay.acknowledge(offset);
    return true;
  }

  owePong(payload: Buffer): void {
    this.#pongPayload = Buffer.from(payload);
    this.#isAckDue = true;
  }

  /** Bytes have been delivered: when is an ACK due, if none leaves before? */
  oweAck(receivedBytes: number): 'none' | 'later' | 'now' {
    const newBytes = receivedBytes - this.#toldBytes;
    if (newBytes >= ACK_EVERY_BYTES) return 'now';
    return newBytes > 0 ? 'later' : 'none';
  }

  /** The delay is over. */
  hurryAck(): void {
    this.#isAckDue = true;
  }

  /** Stays true for every carrier to come: whoever is to move is told so again. */
  oweDrain(withinMs: number, realMs: number): void {
    this.#drainAtMs = realMs + withinMs;
    this.#isDrainDue = true;
  }

  /** Hands the carrier what it takes now. It may break under it. */
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
      if (dataBytes > 0) limit.sent(replay.sent, replay.inFlightBytes, clock.realMs);
      liveness.said(clock.nowMs);
      carrier.write(records);
    }
    if (replay.inFlightBytes >= limit.bytes) limit.usedUp();
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
    // With data, an acknowledgement travels for nothing.
    if ((this.#isAckDue || isDataNext) && receivedBytes > this.#toldBytes) {
      records.push(ackRecord(receivedBytes));
      this.#toldBytes = receivedBytes;
    }
    this.#isAckDue = false;
    if (this.#isDrainDue && this.#drainAtMs !== undefined) {
      records.push(drainRecord(this.#drainAtMs - realMs));
      this.#isDrainDue = false;
    }
  }
}
