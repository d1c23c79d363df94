import { PIPE_CLOSE_CODES } from '../carrier/close-code.js';
import type { PipeCloseCode } from '../carrier/close-code.js';
import { CLOSE_REASON_MAX_BYTES, DATA_RECORD_MAX_BYTES, RECORD_PAYLOAD_MAX_BYTES } from './limits.js';
import { FIRST_SKIPPED_TYPE, PING_BYTES, RECORD_HEADER_BYTES, RECORD_TYPES } from './record.js';
import { RecordViolation } from './record-violation.js';

export interface RecordEvents {
  /** A piece of a DATA record's payload: a view of the chunk it came in. */
  onData(bytes: Buffer): void;
  onAck(receivedBytes: number): void;
  /** `payload` is a view: whoever keeps it, copies it. */
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
 * Takes records apart as they arrive, however they are cut into chunks. Data is handed on as it comes and never collected; of
 * other records at most one is kept between two chunks. Pure: no clock and no I/O.
 */
export class RecordReader {
  readonly #events: RecordEvents;
  #header = 0;
  #headerByteCount = 0;
  #type = 0;
  /** Of the payload now read. */
  #remaining = 0;
  /** A begun payload of a record that is read as a whole. */
  #begun: Buffer | undefined;
  #begunByteCount = 0;
  #isStopped = false;

  constructor(events: RecordEvents) {
    this.#events = events;
  }

  /** Nothing more is read: not even the rest of a chunk whose first record led to this. */
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
    if (!isValidLength(type, length))
      throw new RecordViolation(`a record of type ${String(type)} with ${String(length)} bytes`);
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
        if (number === PIPE_CLOSE_CODES.lost)
          throw new RecordViolation('a CLOSE record with the code of a lost carrier');
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
