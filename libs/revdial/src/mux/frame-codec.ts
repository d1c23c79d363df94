import { RevDialError } from '../revdial-error.js';
import { FRAME_IN_MAX_BYTES } from './limits.js';

/** The frames of yamux (its spec, "Framing"): a header of 12 bytes, all numbers big endian, then payload in data frames. */
export const FRAME_TYPES = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;

export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

export const FRAME_FLAGS = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** What the length of a go-away frame means. */
export const GO_AWAY_CODES = { normal: 0, protocolError: 1, internalError: 2 } as const;

const FRAME_VERSION = 0;
export const FRAME_HEADER_BYTES = 12;

/** Writes a header into `target`, which has room for it. Byte by byte: checks of Buffer's own writers cost more than this. */
export function writeFrameHeader(
  target: Buffer,
  at: number,
  type: FrameType,
  flags: number,
  streamId: number,
  length: number,
): void {
  target[at] = FRAME_VERSION;
  target[at + 1] = type;
  target[at + 2] = flags >>> 8;
  target[at + 3] = flags;
  target[at + 4] = streamId >>> 24;
  target[at + 5] = streamId >>> 16;
  target[at + 6] = streamId >>> 8;
  target[at + 7] = streamId;
  target[at + 8] = length >>> 24;
  target[at + 9] = length >>> 16;
  target[at + 10] = length >>> 8;
  target[at + 11] = length;
}

/** The peer broke the rules of frames, which ends the link: a PROTOCOL_VIOLATION. */
export class MuxViolation extends RevDialError {
  constructor(message: string) {
    super('PROTOCOL_VIOLATION', message);
  }
}

const KNOWN_FLAGS = FRAME_FLAGS.syn | FRAME_FLAGS.ack | FRAME_FLAGS.fin | FRAME_FLAGS.rst;

/** Called for each frame when its header is complete, and for payload as it comes. */
export interface FrameSink {
  onData(flags: number, streamId: number, length: number): void;
  /** Some of the payload of the latest data frame; a view, never empty. */
  onPayload(bytes: Buffer): void;
  /** All of its payload has come. Also follows a frame without payload. */
  onDataEnd(): void;
  onWindowUpdate(flags: number, streamId: number, delta: number): void;
  onPing(flags: number, value: number): void;
  onGoAway(code: number): void;
}

/**
 * Reads frames from bytes that may be split anywhere. Holds at most a part of one header: payload passes as views of the bytes.
 * An error of the sink passes through; the reader must not be used after it.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #header = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #payloadLeft = 0;
  #isStopped = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** @throws MuxViolation on a version, type, flag, id or length that the wire does not have. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#isStopped) {
      if (this.#payloadLeft > 0) at = this.#takePayload(bytes, at);
      else if (this.#headerBytes === 0 && bytes.length - at >= FRAME_HEADER_BYTES) {
        this.#takeHeader(bytes, at);
        at += FRAME_HEADER_BYTES;
      } else at = this.#gatherHeader(bytes, at);
    }
  }

  /** Nothing more is read, not even the rest of the bytes that are being pushed. */
  stop(): void {
    this.#isStopped = true;
  }

  #takePayload(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#payloadLeft);
    this.#payloadLeft -= end - at;
    this.#sink.onPayload(bytes.subarray(at, end));
    if (this.#payloadLeft === 0) this.#sink.onDataEnd();
    return end;
  }

  #gatherHeader(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + FRAME_HEADER_BYTES - this.#headerBytes);
    bytes.copy(this.#header, this.#headerBytes, at, end);
    this.#headerBytes += end - at;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      this.#headerBytes = 0;
      this.#takeHeader(this.#header, 0);
    }
    return end;
  }

  #takeHeader(bytes: Buffer, at: number): void {
    if (bytes[at] !== FRAME_VERSION) throw new MuxViolation(`frame of unknown version ${String(bytes[at])}`);
    const flags = bytes.readUInt16BE(at + 2);
    if ((flags & ~KNOWN_FLAGS) !== 0) throw new MuxViolation(`frame with unknown flags ${flags}`);
    const streamId = bytes.readUInt32BE(at + 4);
    const length = bytes.readUInt32BE(at + 8);
    switch (bytes[at + 1]) {
      case FRAME_TYPES.data:
        this.#requireStream(streamId);
        if (length > FRAME_IN_MAX_BYTES)
          throw new MuxViolation(`frame of ${length} bytes, more than ${FRAME_IN_MAX_BYTES}`);
        this.#payloadLeft = length;
        this.#sink.onData(flags, streamId, length);
        if (length === 0) this.#sink.onDataEnd();
        return;
      case FRAME_TYPES.windowUpdate:
        this.#requireStream(streamId);
        this.#sink.onWindowUpdate(flags, streamId, length);
        return;
      case FRAME_TYPES.ping:
        this.#requireLink(streamId);
        if (flags !== FRAME_FLAGS.syn && flags !== FRAME_FLAGS.ack) throw new MuxViolation(`ping with flags ${flags}`);
        this.#sink.onPing(flags, length);
        return;
      case FRAME_TYPES.goAway:
        this.#requireLink(streamId);
        this.#sink.onGoAway(length);
        return;
      default:
        throw new MuxViolation(`frame of unknown type ${String(bytes[at + 1])}`);
    }
  }

  #requireStream(streamId: number): void {
    if (streamId === 0) throw new MuxViolation('stream frame with id 0, which is the link');
  }

  #requireLink(streamId: number): void {
    if (streamId !== 0) throw new MuxViolation(`link frame with the id of stream ${streamId}`);
  }
}
