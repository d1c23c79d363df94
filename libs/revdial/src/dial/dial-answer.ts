import { DIAL_REFUSAL_CODES } from './dial-refusal.js';
import type { DialRefusal } from './dial-refusal.js';
import { DIAL_REASON_MAX_BYTES } from './limits.js';

/** First byte that an acceptor sends. */
export const DIAL_ANSWERS = { connected: 0x00, refused: 0x01 } as const;

/** u8 answer, u16 code, u16 length of the reason; then the reason, and the end of the stream. */
export const REFUSAL_HEADER_BYTES = 5;

/** The local service is there; its bytes follow. A new buffer each time: a stream owns what is written to it. */
export function encodeConnected(): Buffer {
  return Buffer.of(DIAL_ANSWERS.connected);
}

/** A reason that is too long is cut between two characters. */
export function encodeRefusal({ code, reason }: DialRefusal): Buffer {
  const text = cut(Buffer.from(reason.slice(0, DIAL_REASON_MAX_BYTES)));
  const bytes = Buffer.allocUnsafe(REFUSAL_HEADER_BYTES + text.length);
  bytes.writeUInt8(DIAL_ANSWERS.refused, 0);
  bytes.writeUInt16BE(DIAL_REFUSAL_CODES[code], 1);
  bytes.writeUInt16BE(text.length, 3);
  text.copy(bytes, REFUSAL_HEADER_BYTES);
  return bytes;
}

function cut(text: Buffer): Buffer {
  if (text.length <= DIAL_REASON_MAX_BYTES) return text;
  let end = DIAL_REASON_MAX_BYTES;
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return text.subarray(0, end);
}
