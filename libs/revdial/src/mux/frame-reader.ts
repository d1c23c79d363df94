import { FRAME_FLAGS, FRAME_HEADER_BYTES, FRAME_TYPES, FRAME_VERSION } from './frame.js';
import { FRAME_IN_MAX_BYTES } from './limits.js';
import { MuxViolation } from './mux-violation.js';

const KNOWN_FLAGS = FRAME_FLAGS.syn | FRAME_FLAGS.ack | FRAME_FLAGS.fin | FRAME_FLAGS.rst;

/** Hears of each frame as its header is complete, and of payload as it comes. */
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
 * Reads frames from bytes cut anywhere. Holds at most a part of one header: payload passes as views of what came.
 * What the sink throws passes through and leaves the reader where it is: after that it is not to be used.
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

  /** Nothing is read any more, not even the rest of what is being read. */
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
    if (bytes[at] !== FRAME_VERSION) throw new MuxViolation(`a frame of version ${String(bytes[at])}`);
    const flags = bytes.readUInt16BE(at + 2);
    if ((flags & ~KNOWN_FLAGS) !== 0) throw new MuxViolation(`a frame with the flags ${flags}`);
    const streamId = bytes.readUInt32BE(at + 4);
    const length = bytes.readUInt32BE(at + 8);
    switch (bytes[at + 1]) {
      case FRAME_TYPES.data:
        this.#requireStream(streamId);
        if (length > FRAME_IN_MAX_BYTES)
          throw new MuxViolation(`a frame of ${length} bytes, more than ${FRAME_IN_MAX_BYTES}`);
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
        if (flags !== FRAME_FLAGS.syn && flags !== FRAME_FLAGS.ack)
          throw new MuxViolation(`a ping with flags ${flags}`);
        this.#sink.onPing(flags, length);
        return;
      case FRAME_TYPES.goAway:
        this.#requireLink(streamId);
        this.#sink.onGoAway(length);
        return;
      default:
        throw new MuxViolation(`a frame of type ${String(bytes[at + 1])}`);
    }
  }

  #requireStream(streamId: number): void {
    if (streamId === 0) throw new MuxViolation('a frame of a stream with the id of the link');
  }

  #requireLink(streamId: number): void {
    if (streamId !== 0) throw new MuxViolation(`a frame of the link with the id ${streamId}`);
  }
}
