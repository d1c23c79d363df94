import { PIPE_CLOSE_CODES } from '../carrier/byte-pipe.js';
import type { PipeCloseCode } from '../carrier/byte-pipe.js';
import { RevDialError } from '../revdial-error.js';
import { CLOSE_REASON_MAX_BYTES, DATA_RECORD_MAX_BYTES, RECORD_PAYLOAD_MAX_BYTES } from './limits.js';

/** Types of records: u8 type, u24 length of the payload, payload; numbers are big endian. */
export const RECORD_TYPES = { data: 0x01, ack: 0x02, ping: 0x03, pong: 0x04, close: 0x05, drain: 0x06 } as const;

/** Types from here on are skipped, so that a later version may add what an older one need not know. */
export const FIRST_SKIPPED_TYPE = 0x80;

export const RECORD_HEADER_BYTES = 4;
/** Length of a PING's payload, which its PONG repeats. */
export const PING_BYTES = 8;

function record(type: number, payloadBytes: number): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payloadBytes);
  bytes.writeUInt32BE(type * 0x1000000 + payloadBytes, 0);
  return bytes;
}

/** The header of a DATA record with `payloadBytes` bytes. */
export function dataHeader(payloadBytes: number): Buffer {
  const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
  header.writeUInt32BE(RECORD_TYPES.data * 0x1000000 + payloadBytes, 0);
  return header;
}

/** `receivedBytes` since the link began. */
export function ackRecord(receivedBytes: number): Buffer {
  const bytes = record(RECORD_TYPES.ack, 8);
  // u64 in two halves: cheaper than a BigInt, and exact up to 2^53.
  bytes.writeUInt32BE(Math.floor(receivedBytes / 0x100000000), 4);
  bytes.writeUInt32BE(receivedBytes % 0x100000000, 8);
  return bytes;
}

export function pingRecord(number: number): Buffer {
  const bytes = record(RECORD_TYPES.ping, PING_BYTES);
  bytes.writeUInt32BE(0, 4);
  bytes.writeUInt32BE(number, 8);
  return bytes;
}

export function pongRecord(payload: Buffer): Buffer {
  const bytes = record(RECORD_TYPES.pong, PING_BYTES);
  payload.copy(bytes, RECORD_HEADER_BYTES);
  return bytes;
}

/** A reason that is too long is cut between two characters. */
export function closeRecord(code: PipeCloseCode, reason: string): Buffer {
  let text = Buffer.from(reason.slice(0, CLOSE_REASON_MAX_BYTES));
  if (text.length > CLOSE_REASON_MAX_BYTES) {
    let end = CLOSE_REASON_MAX_BYTES;
    while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
    text = text.subarray(0, end);
  }
  const bytes = record(RECORD_TYPES.close, 2 + text.length);
  bytes.writeUInt16BE(PIPE_CLOSE_CODES[code], 4);
  text.copy(bytes, 6);
  return bytes;
}

export function drainRecord(withinMs: number): Buffer {
  const bytes = record(RECORD_TYPES.drain, 4);
  bytes.writeUInt32BE(Math.min(0xffffffff, Math.max(0, Math.round(withinMs))), 4);
  return bytes;
}

/** The peer broke the rules of records, which ends the link: a PROTOCOL_VIOLATION. */
export class RecordViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}

export interface RecordEvents {
  /** A piece of a DATA record's payload: a view of the chunk it came in. */
  onData(bytes: Buffer): void;
  onAck(receivedBytes: number): void;
  /** `payload` is a view: copy it to keep it. */
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  /** Nothing is read after it. */
  onClose(code: PipeCloseCode, reason: string): void;
  onDrain(withinMs: number): void;
}

const CLOSE_CODES_BY_NUMBER: ReadonlyMap<number, PipeCloseCode> = new Map(
  // The keys of a literal are its names; the compiler forgets it.
  Object.entries(PIPE_CLOSE_CODES).map(([code, number]) => [number, code as PipeCloseCode]),
);

/**
 * Reads records from chunks that may be split anywhere. Data is handed on as it comes and never collected; of other records at most
 * one is kept between two chunks. Pure: no clock and no I/O.
 */
export class RecordReader {
  readonly #events: RecordEvents;
  #header = 0;
  #headerByteCount = 0;
  #type = 0;
  /** Of the payload now read. */
  #remaining = 0;
  /** The incomplete payload of a record that is read as a whole. */
  #begun: Buffer | undefined;
  #begunByteCount = 0;
  #isStopped = false;

  constructor(events: RecordEvents) {
    this.#events = events;
  }

  /** Nothing more is read, not even the rest of the current chunk. */
  stop(): void {
    this.#isStopped = true;
    this.#begun = undefined;
  }

  /** @throws RecordViolation at the first fault; the reader must not be used again */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      if (this.#headerByteCount < RECORD_HEADER_BYTES) {
        if (this.#headerByteCount === 0 && chunk.length - at >= RECORD_HEADER_BYTES) {
          this.#header = chunk.readUInt32BE(at);
          this.#headerByteCount = RECORD_HEADER_BYTES;
          at += RECORD_HEADER_BYTES;
        } else {
          this.#header = this.#header * 0x100 + (chunk[at] ?? 0);
          this.#headerByteCount += 1;
          at += 1;
          if (this.#headerByteCount < RECORD_HEADER_BYTES) continue;
        }
        this.#beginPayload();
        if (this.#remaining > 0) continue;
        this.#beginHeader();
        continue;
      }
      at = this.#readPayload(chunk, at);
    }
  }

  #beginHeader(): void {
    this.#header = 0;
    this.#headerByteCount = 0;
  }

  #beginPayload(): void {
    const type = Math.floor(this.#header / 0x1000000);
    const length = this.#header % 0x1000000;
    if (!isValidLength(type, length)) throw new RecordViolation(`record of type ${type} with ${length} bytes`);
    this.#type = type;
    this.#remaining = length;
  }

  #readPayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#remaining);
    this.#remaining -= end - at;
    const isWhole = this.#remaining === 0;
    // Before the event, which may stop this reader or throw.
    if (isWhole) this.#beginHeader();
    if (this.#type === RECORD_TYPES.data) {
      this.#events.onData(chunk.subarray(at, end));
      return end;
    }
    if (this.#type >= FIRST_SKIPPED_TYPE) return end;
    if (isWhole && this.#begun === undefined) {
      this.#handle(chunk.subarray(at, end));
      return end;
    }
    const begun = (this.#begun ??= Buffer.allocUnsafe(end - at + this.#remaining));
    this.#begunByteCount += chunk.copy(begun, this.#begunByteCount, at, end);
    if (isWhole) {
      this.#begun = undefined;
      this.#begunByteCount = 0;
      this.#handle(begun);
    }
    return end;
  }

  #handle(payload: Buffer): void {
    switch (this.#type) {
      case RECORD_TYPES.ack:
        this.#events.onAck(offsetOf(payload));
        break;
      case RECORD_TYPES.ping:
        this.#events.onPing(payload);
        break;
      case RECORD_TYPES.pong:
        this.#events.onPong(payload);
        break;
      case RECORD_TYPES.drain:
        this.#events.onDrain(payload.readUInt32BE(0));
        break;
      default: {
        const number = payload.readUInt16BE(0);
        if (number === PIPE_CLOSE_CODES.lost) throw new RecordViolation('CLOSE with the code of a lost carrier');
        this.stop();
        // A code of a later version ends the link all the same.
        this.#events.onClose(CLOSE_CODES_BY_NUMBER.get(number) ?? 'internal', payload.toString('utf8', 2));
      }
    }
  }
}

function isValidLength(type: number, length: number): boolean {
  switch (type) {
    case RECORD_TYPES.data:
      return length >= 1 && length <= DATA_RECORD_MAX_BYTES;
    case RECORD_TYPES.ack:
      return length === 8;
    case RECORD_TYPES.ping:
    case RECORD_TYPES.pong:
      return length === PING_BYTES;
    case RECORD_TYPES.close:
      return length >= 2 && length <= 2 + CLOSE_REASON_MAX_BYTES;
    case RECORD_TYPES.drain:
      return length === 4;
    default:
      return type >= FIRST_SKIPPED_TYPE && length <= RECORD_PAYLOAD_MAX_BYTES;
  }
}

function offsetOf(payload: Buffer): number {
  return payload.readUInt32BE(0) * 0x100000000 + payload.readUInt32BE(4);
}
