import { RevDialError } from '../revdial-error.js';

/** Opcodes of RFC 6455 §5.2 that this side sends. */
export const FRAME_OPCODES = { binary: 0x2, close: 0x8, pong: 0xa } as const;

export type FrameOpcode = (typeof FRAME_OPCODES)[keyof typeof FRAME_OPCODES];

const FINAL = 0x80;
const MASKED = 0x80;
const KEY_BYTES = 4;
/** Says that sixteen bits of length follow. */
const LENGTH_16 = 126;
const LENGTH_7_MAX = 125;
const LENGTH_16_MAX = 0xffff;

/**
 * A buffer that begins with the header of a whole frame (RFC 6455 §5.2), and has room for `roomBytes` more behind it;
 * `payloadBytes` is what the header announces. Servers do not mask; a client's key is all zeros (ADR 0004).
 */
export function frameHeader(opcode: FrameOpcode, payloadBytes: number, roomBytes = 0, isMasked = false): Buffer {
  const isShort = payloadBytes <= LENGTH_7_MAX;
  if (payloadBytes > LENGTH_16_MAX) throw new RangeError('frames of this side are at most 64 KiB');
  const lengthEnd = isShort ? 2 : 4;
  const header = Buffer.allocUnsafe(lengthEnd + (isMasked ? KEY_BYTES : 0) + roomBytes);
  header[0] = FINAL | opcode;
  header[1] = (isMasked ? MASKED : 0) | (isShort ? payloadBytes : LENGTH_16);
  if (!isShort) header.writeUInt16BE(payloadBytes, 2);
  if (isMasked) header.writeUInt32BE(0, lengthEnd);
  return header;
}

/** The peer broke WebSocket's rules: a PROTOCOL_VIOLATION that knows its close code (RFC 6455 §7.4.1). */
export class WebSocketViolation extends RevDialError {
  constructor(
    readonly closeCode: number,
    message: string,
  ) {
    super('PROTOCOL_VIOLATION', message);
  }
}

/** Below this many bytes, preparing to go by words costs more than it saves. */
const WORDWISE_MIN_BYTES = 64;

/**
 * Undoes WebSocket's masking in place (RFC 6455 §5.3) on `bytes[start, end)`. `phase` is how many bytes of the frame came
 * before; `key` has four bytes. Four bytes at a time: the Go clients mask with random keys, and a picture is 750 KB.
 */
export function unmask(bytes: Buffer, start: number, end: number, key: Buffer, phase: number): void {
  let at = start;
  const turn = phase - start;
  const maskUpTo = (limit: number): void => {
    for (; at < limit; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (key[(at + turn) & 3] ?? 0);
  };
  if (end - start >= WORDWISE_MIN_BYTES) {
    maskUpTo(start + (-(bytes.byteOffset + start) & 3));
    const wordCount = (end - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
    const word = wordOf(key, at + turn);
    for (let index = 0; index < wordCount; index += 1) words[index] = (words[index] ?? 0) ^ word;
    at += wordCount * 4;
  }
  maskUpTo(end);
}

/** Four bytes of the key from `phase` on, in this machine's order of bytes. */
function wordOf(key: Buffer, phase: number): number {
  const turned = Uint8Array.from({ length: 4 }, (_, index) => key[(phase + index) & 3] ?? 0);
  return new Int32Array(turned.buffer)[0] ?? 0;
}
