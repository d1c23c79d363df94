import { isUtf8 } from 'node:buffer';
import { ByteGatherer } from './byte-gatherer.js';
import { DialViolation } from './dial-violation.js';
import { DIAL_TARGET_MAX_BYTES } from './limits.js';
import { PREAMBLE_HEADER_BYTES, PREAMBLE_VERSION, STREAM_CLASS_NUMBERS } from './preamble.js';
import type { Preamble } from './preamble.js';

export interface ReadPreamble {
  readonly preamble: Preamble;
  /** Payload that came with it; may be empty. */
  readonly rest: Buffer;
}

/** Reads a preamble from bytes cut anywhere. After it has been returned the reader is not to be used. */
export class PreambleReader {
  readonly #head = new ByteGatherer();

  /**
   * `undefined`: there is more to come.
   * @throws DialViolation on another version, or a target that is empty, too long or not UTF-8
   */
  push(bytes: Buffer): ReadPreamble | undefined {
    const afterHeader = this.#head.take(bytes, PREAMBLE_HEADER_BYTES);
    const [version] = this.#head.bytes;
    if (version !== undefined && version !== PREAMBLE_VERSION)
      throw new DialViolation(`a preamble of version ${String(version)}`);
    if (this.#head.missing(PREAMBLE_HEADER_BYTES) > 0) return undefined;
    const targetBytes = this.#head.bytes.readUInt16BE(2);
    if (targetBytes === 0 || targetBytes > DIAL_TARGET_MAX_BYTES)
      throw new DialViolation(`a target of ${String(targetBytes)} bytes`);
    const byteCount = PREAMBLE_HEADER_BYTES + targetBytes;
    const rest = this.#head.take(afterHeader, byteCount);
    if (this.#head.missing(byteCount) > 0) return undefined;
    const target = this.#head.bytes.subarray(PREAMBLE_HEADER_BYTES);
    if (!isUtf8(target)) throw new DialViolation('a target that is not UTF-8');
    const isInteractive = this.#head.bytes.readUInt8(1) === STREAM_CLASS_NUMBERS.interactive;
    return { preamble: { target: target.toString(), streamClass: isInteractive ? 'interactive' : 'bulk' }, rest };
  }
}
