/** Opcodes of RFC 6455 §5.2 that the API's end of a data connection sends. */
export const FRAME_OPCODES = { binary: 0x2, close: 0x8, pong: 0xa } as const;

export type FrameOpcode = (typeof FRAME_OPCODES)[keyof typeof FRAME_OPCODES];

const FINAL = 0x80;
const LENGTH_7_MAX = 125;
const LENGTH_16_MAX = 0xffff;

/**
 * A buffer that begins with the header of a whole, unmasked frame, as servers send them (RFC 6455 §5.2), and has room for
 * `roomBytes` more behind it; `payloadBytes` is what the header announces.
 */
export function frameHeader(opcode: FrameOpcode, payloadBytes: number, roomBytes = 0): Buffer {
  if (payloadBytes <= LENGTH_7_MAX) {
    const short = Buffer.allocUnsafe(2 + roomBytes);
    short[0] = FINAL | opcode;
    short[1] = payloadBytes;
    return short;
  }
  if (payloadBytes > LENGTH_16_MAX) throw new RangeError('frames of this side are at most 64 KiB');
  const long = Buffer.allocUnsafe(4 + roomBytes);
  long[0] = FINAL | opcode;
  long[1] = 126;
  long.writeUInt16BE(payloadBytes, 2);
  return long;
}
