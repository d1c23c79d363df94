import { ByteGatherer } from './byte-gatherer.js';
import { DIAL_ANSWERS, REFUSAL_HEADER_BYTES } from './dial-answer.js';
import { parseDialRefusalCode } from './dial-refusal.js';
import type { DialRefusal } from './dial-refusal.js';
import { DialViolation } from './dial-violation.js';
import { DIAL_REASON_MAX_BYTES } from './limits.js';

export type ReadDialAnswer =
  /** `rest`: what the service has said already; may be empty. */
  | { readonly answer: 'connected'; readonly rest: Buffer }
  | { readonly answer: 'refused'; readonly refusal: DialRefusal };

/** Reads the answer to a preamble from bytes cut anywhere. After it has been returned the reader is not to be used. */
export class DialAnswerReader {
  readonly #head = new ByteGatherer();

  /**
   * `undefined`: there is more to come.
   * @throws DialViolation on another first byte, or a reason that is too long
   */
  push(bytes: Buffer): ReadDialAnswer | undefined {
    const first = this.#head.bytes[0] ?? bytes[0];
    if (first === undefined) return undefined;
    if (first === DIAL_ANSWERS.connected) return { answer: 'connected', rest: bytes.subarray(1) };
    if (first !== DIAL_ANSWERS.refused) throw new DialViolation(`an answer ${String(first)} to a dial`);
    const afterHeader = this.#head.take(bytes, REFUSAL_HEADER_BYTES);
    if (this.#head.missing(REFUSAL_HEADER_BYTES) > 0) return undefined;
    const reasonBytes = this.#head.bytes.readUInt16BE(3);
    if (reasonBytes > DIAL_REASON_MAX_BYTES) throw new DialViolation(`a reason of ${String(reasonBytes)} bytes`);
    this.#head.take(afterHeader, REFUSAL_HEADER_BYTES + reasonBytes);
    if (this.#head.missing(REFUSAL_HEADER_BYTES + reasonBytes) > 0) return undefined;
    const code = parseDialRefusalCode(this.#head.bytes.readUInt16BE(1));
    return { answer: 'refused', refusal: { code, reason: this.#head.bytes.toString('utf8', REFUSAL_HEADER_BYTES) } };
  }
}
