import { isUtf8 } from 'node:buffer';
import { RevDialError } from '../revdial-error.js';
import type { StreamClass } from '../tunnel-stream.js';
import { DIAL_REASON_MAX_BYTES, DIAL_TARGET_MAX_BYTES } from './limits.js';

/** What a stream is for: the first bytes that its opener sends. Payload follows at once. */
export interface Preamble {
  /** A runner id. */
  readonly target: string;
  readonly streamClass: StreamClass;
}

/** Why an agent does not connect a stream, with the number on the wire. */
export const DIAL_REFUSAL_CODES = {
  /** The local service refuses connections. */
  refused: 1,
  /** There is no such socket, host or route. */
  'no-such-socket': 2,
  /** The local service did not accept in time. */
  timeout: 3,
  /** The agent serves no such runner id. */
  'unknown-target': 4,
  /** The agent has as many streams as it may. */
  limit: 5,
  /** The agent is stopping. */
  stopping: 6,
  other: 7,
} as const;

export type DialRefusalCode = keyof typeof DIAL_REFUSAL_CODES;

export interface DialRefusal {
  readonly code: DialRefusalCode;
  /** For logs and error messages. */
  readonly reason: string;
}

/** The peer sent a preamble or an answer that this wire does not have: a PROTOCOL_VIOLATION. */
export class DialViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}

const PREAMBLE_VERSION = 1;
/** u8 version, u8 class, u16 length of the target; then the target. Numbers are big endian. */
const PREAMBLE_HEADER_BYTES = 4;
/** A later version may have more classes: a greater number is read as bulk. */
const STREAM_CLASS_NUMBERS = { interactive: 0, bulk: 1 } as const satisfies Readonly<Record<StreamClass, number>>;

/** First byte of an answer. */
const DIAL_ANSWERS = { connected: 0x00, refused: 0x01 } as const;
/** u8 answer, u16 code, u16 length of the reason; then the reason, and the end of the stream. */
const REFUSAL_HEADER_BYTES = 5;

const REFUSAL_CODES_BY_NUMBER: ReadonlyMap<number, DialRefusalCode> = new Map(
  (Object.keys(DIAL_REFUSAL_CODES) as DialRefusalCode[]).map((code) => [DIAL_REFUSAL_CODES[code], code]),
);

/** @throws TypeError when the target is empty or too long */
export function encodePreamble({ target, streamClass }: Preamble): Buffer {
  const byteCount = Buffer.byteLength(target);
  if (byteCount === 0 || byteCount > DIAL_TARGET_MAX_BYTES)
    throw new TypeError(`the target of a dial has ${byteCount} bytes, not 1 to ${DIAL_TARGET_MAX_BYTES}`);
  const bytes = Buffer.allocUnsafe(PREAMBLE_HEADER_BYTES + byteCount);
  bytes.writeUInt8(PREAMBLE_VERSION, 0);
  bytes.writeUInt8(STREAM_CLASS_NUMBERS[streamClass], 1);
  bytes.writeUInt16BE(byteCount, 2);
  bytes.write(target, PREAMBLE_HEADER_BYTES);
  return bytes;
}

/** The local service has accepted; its bytes follow. A new buffer each time: a stream owns what is written to it. */
export function encodeConnected(): Buffer {
  return Buffer.of(DIAL_ANSWERS.connected);
}

/** A reason that is too long is cut between two characters. */
export function encodeRefusal({ code, reason }: DialRefusal): Buffer {
  const text = cutText(Buffer.from(reason.slice(0, DIAL_REASON_MAX_BYTES)));
  const bytes = Buffer.allocUnsafe(REFUSAL_HEADER_BYTES + text.length);
  bytes.writeUInt8(DIAL_ANSWERS.refused, 0);
  bytes.writeUInt16BE(DIAL_REFUSAL_CODES[code], 1);
  bytes.writeUInt16BE(text.length, 3);
  text.copy(bytes, REFUSAL_HEADER_BYTES);
  return bytes;
}

function cutText(text: Buffer): Buffer {
  if (text.length <= DIAL_REASON_MAX_BYTES) return text;
  let end = DIAL_REASON_MAX_BYTES;
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return text.subarray(0, end);
}

export interface ReadPreamble {
  readonly preamble: Preamble;
  /** Payload that came with it; may be empty. */
  readonly rest: Buffer;
}

/** Reads a preamble from bytes that may be split anywhere. One reader reads one preamble. */
export class PreambleReader {
  readonly #head = new ByteGatherer();

  /**
   * `undefined`: not complete yet.
   * @throws DialViolation on another version, or a target that is empty, too long or not UTF-8
   */
  push(bytes: Buffer): ReadPreamble | undefined {
    const afterHeader = this.#head.take(bytes, PREAMBLE_HEADER_BYTES);
    const [version] = this.#head.bytes;
    if (version !== undefined && version !== PREAMBLE_VERSION)
      throw new DialViolation(`preamble of unknown version ${version}`);
    if (this.#head.missing(PREAMBLE_HEADER_BYTES) > 0) return undefined;
    const targetBytes = this.#head.bytes.readUInt16BE(2);
    if (targetBytes === 0 || targetBytes > DIAL_TARGET_MAX_BYTES)
      throw new DialViolation(`preamble with a target of ${targetBytes} bytes`);
    const byteCount = PREAMBLE_HEADER_BYTES + targetBytes;
    const rest = this.#head.take(afterHeader, byteCount);
    if (this.#head.missing(byteCount) > 0) return undefined;
    const target = this.#head.bytes.subarray(PREAMBLE_HEADER_BYTES);
    if (!isUtf8(target)) throw new DialViolation('preamble with a target that is not UTF-8');
    const isInteractive = this.#head.bytes.readUInt8(1) === STREAM_CLASS_NUMBERS.interactive;
    return { preamble: { target: target.toString(), streamClass: isInteractive ? 'interactive' : 'bulk' }, rest };
  }
}

export type ReadDialAnswer =
  /** `rest`: the first bytes of the service; may be empty. */
  | { readonly answer: 'connected'; readonly rest: Buffer }
  | { readonly answer: 'refused'; readonly refusal: DialRefusal };

/** Reads the answer to a preamble from bytes that may be split anywhere. One reader reads one answer. */
export class DialAnswerReader {
  readonly #head = new ByteGatherer();

  /**
   * `undefined`: not complete yet. A refusal code of a later version is read as `other`.
   * @throws DialViolation on an unknown first byte, or a reason that is too long
   */
  push(bytes: Buffer): ReadDialAnswer | undefined {
    const first = this.#head.bytes[0] ?? bytes[0];
    if (first === undefined) return undefined;
    if (first === DIAL_ANSWERS.connected) return { answer: 'connected', rest: bytes.subarray(1) };
    if (first !== DIAL_ANSWERS.refused) throw new DialViolation(`unknown answer ${first} to a dial`);
    const afterHeader = this.#head.take(bytes, REFUSAL_HEADER_BYTES);
    if (this.#head.missing(REFUSAL_HEADER_BYTES) > 0) return undefined;
    const reasonBytes = this.#head.bytes.readUInt16BE(3);
    if (reasonBytes > DIAL_REASON_MAX_BYTES) throw new DialViolation(`refusal with a reason of ${reasonBytes} bytes`);
    this.#head.take(afterHeader, REFUSAL_HEADER_BYTES + reasonBytes);
    if (this.#head.missing(REFUSAL_HEADER_BYTES + reasonBytes) > 0) return undefined;
    const code = REFUSAL_CODES_BY_NUMBER.get(this.#head.bytes.readUInt16BE(1)) ?? 'other';
    return { answer: 'refused', refusal: { code, reason: this.#head.bytes.toString('utf8', REFUSAL_HEADER_BYTES) } };
  }
}

/** Gathers a head of known length from pieces. Holds no more than that head. */
class ByteGatherer {
  #bytes: Buffer = Buffer.alloc(0);

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** How many more bytes until there are `byteCount`? */
  missing(byteCount: number): number {
    return Math.max(0, byteCount - this.#bytes.length);
  }

  /** Takes from `piece` what is missing to `byteCount`; returns the rest of it. */
  take(piece: Buffer, byteCount: number): Buffer {
    const wantedBytes = this.missing(byteCount);
    if (wantedBytes === 0) return piece;
    const part = piece.subarray(0, wantedBytes);
    this.#bytes = this.#bytes.length === 0 ? part : Buffer.concat([this.#bytes, part]);
    return piece.subarray(part.length);
  }
}
