import { PIPE_CLOSE_CODES } from '../carrier/close-code.js';
import type { PipeCloseCode } from '../carrier/close-code.js';
import { CLOSE_REASON_MAX_BYTES } from './limits.js';

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

/** The header that stands before `payloadBytes` bytes of data. */
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
