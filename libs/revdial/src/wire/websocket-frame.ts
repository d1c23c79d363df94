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
