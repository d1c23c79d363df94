import type { StreamClass } from '../mux/stream-class.js';
import { DIAL_TARGET_MAX_BYTES } from './limits.js';

export const PREAMBLE_VERSION = 1;
/** u8 version, u8 class, u16 length of the target; then the target. Numbers are big endian. */
export const PREAMBLE_HEADER_BYTES = 4;

/** A later version may have more classes: what is greater is bulk. */
export const STREAM_CLASS_NUMBERS = { interactive: 0, bulk: 1 } as const satisfies Readonly<
  Record<StreamClass, number>
>;

/** What a stream is for: the first bytes that its opener sends. Payload follows at once. */
export interface Preamble {
  /** A runner id. */
  readonly target: string;
  readonly streamClass: StreamClass;
}

/** @throws TypeError when the target is empty or too long */
export function encodePreamble({ target, streamClass }: Preamble): Buffer {
  const byteCount = Buffer.byteLength(target);
  if (byteCount === 0 || byteCount > DIAL_TARGET_MAX_BYTES) throw new TypeError(`a target of ${byteCount} bytes`);
  const bytes = Buffer.allocUnsafe(PREAMBLE_HEADER_BYTES + byteCount);
  bytes.writeUInt8(PREAMBLE_VERSION, 0);
  bytes.writeUInt8(STREAM_CLASS_NUMBERS[streamClass], 1);
  bytes.writeUInt16BE(byteCount, 2);
  bytes.write(target, PREAMBLE_HEADER_BYTES);
  return bytes;
}
