import { DATA_FRAME_IN_MAX_BYTES } from '../limits.js';
import { unmask, WebSocketViolation } from './websocket-frame.js';

export interface FrameReaderEvents {
  /** `payload` is the listener's to keep. */
  readonly onPing: (payload: Buffer) => void;
  /** At most once; whatever comes after it is ignored. `code` is `undefined` when the frame has none. */
  readonly onClose: (code: number | undefined) => void;
}

export interface FrameReaderOptions {
  /** Whose frames these are: clients mask, servers must not (RFC 6455 §5.1). A client's by default. */
  readonly peer?: 'client' | 'server';
  readonly maxFrameBytes?: number;
  /** Of a message in fragments; any by default. */
  readonly maxMessageBytes?: number;
}

/** Opcodes of RFC 6455 §5.2. */
const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** Two bytes, eight of length, four of mask. */
const HEADER_MAX_BYTES = 14;
/** RFC 6455 §5.5. */
const CONTROL_PAYLOAD_MAX_BYTES = 125;
const EXTENDED_16 = 126;
const EXTENDED_64 = 127;

/** Close codes of RFC 6455 §7.4.1. */
const PROTOCOL_ERROR = 1002;
const UNSUPPORTED_DATA = 1003;
const TOO_BIG = 1009;

/**
 * Takes the frames of a peer apart as they arrive. Made for a byte stream in binary frames, where borders mean nothing:
 * payload is handed out as it comes, never collected into frames or messages, and never copied out of the chunk it came in.
 * What is kept between two chunks is a begun header and at most one control frame. Pure: no clock and no I/O.
 */
export class WebSocketFrameReader {
  readonly #events: FrameReaderEvents;
  readonly #isPeerClient: boolean;
  readonly #maxFrameBytes: number;
  readonly #maxMessageBytes: number;
  readonly #header = Buffer.alloc(HEADER_MAX_BYTES);
  readonly #control = Buffer.alloc(CONTROL_PAYLOAD_MAX_BYTES);
  readonly #key = Buffer.alloc(4);
  #headerByteCount = 0;
  /** Of the header now read; two bytes tell. */
  #headerLength = 2;
  #opcode = BINARY;
  #isInMessage = false;
  /** Of the message that the latest data frame is of, this one included. */
  #messageByteCount = 0;
  #payloadLength = 0;
  /** Of the payload now read; none: a header is next. */
  #remaining = 0;
  #isMasked = false;
  #isClosed = false;

  constructor(events: FrameReaderEvents, options: FrameReaderOptions = {}) {
    this.#events = events;
    this.#isPeerClient = options.peer !== 'server';
    this.#maxFrameBytes = options.maxFrameBytes ?? DATA_FRAME_IN_MAX_BYTES;
    this.#maxMessageBytes = options.maxMessageBytes ?? Infinity;
  }

  /**
   * The payload of binary frames in `chunk`: a view of it, moved together in place, since headers lie between. The chunk
   * belongs to the result from then on.
   * @throws WebSocketViolation at the first fault; the reader must not be used again
   */
  push(chunk: Buffer): Buffer {
    let from = 0;
    let to = 0;
    let at = 0;
    while (at < chunk.length && !this.#isClosed) {
      if (this.#remaining === 0) {
        at = this.#readHeader(chunk, at);
        continue;
      }
      const end = Math.min(chunk.length, at + this.#remaining);
      if (this.#isMasked) unmask(chunk, at, end, this.#key, this.#payloadLength - this.#remaining);
      if (this.#opcode >= CLOSE) {
        this.#readControl(chunk, at, end);
      } else {
        const keptBytes = to - from;
        const takenBytes = end - at;
        this.#remaining -= takenBytes;
        if (keptBytes === 0) {
          from = at;
          to = end;
        } else if (keptBytes < takenBytes) {
          // The shorter side moves across the header between them.
          chunk.copyWithin(at - keptBytes, from, to);
          from = at - keptBytes;
          to = end;
        } else {
          chunk.copyWithin(to, at, end);
          to += takenBytes;
        }
      }
      at = end;
    }
    return chunk.subarray(from, to);
  }

  #readHeader(chunk: Buffer, start: number): number {
    let at = start;
    while (at < chunk.length) {
      this.#header[this.#headerByteCount] = chunk[at] ?? 0;
      this.#headerByteCount += 1;
      at += 1;
      if (this.#headerByteCount === 2) this.#headerLength = this.#inspectHeader();
      if (this.#headerByteCount === this.#headerLength) {
        this.#beginPayload();
        break;
      }
    }
    return at;
  }

  /** Judges the first two bytes; returns how long the header is. */
  #inspectHeader(): number {
    const [first = 0, second = 0] = this.#header;
    const isFinal = (first & 0x80) !== 0;
    const length = second & 0x7f;
    this.#opcode = first & 0x0f;
    if ((first & 0x70) !== 0)
      throw new WebSocketViolation(PROTOCOL_ERROR, 'a frame with an extension that was not negotiated');
    if (((second & 0x80) !== 0) !== this.#isPeerClient)
      throw new WebSocketViolation(
        PROTOCOL_ERROR,
        this.#isPeerClient ? 'a frame of a client without a mask' : 'a frame of a server with a mask',
      );
    switch (this.#opcode) {
      case BINARY:
      case CONTINUATION:
        if ((this.#opcode === CONTINUATION) !== this.#isInMessage)
          throw new WebSocketViolation(
            PROTOCOL_ERROR,
            'a fragment that belongs to no message, or a message in another',
          );
        this.#isInMessage = !isFinal;
        break;
      case TEXT:
        throw new WebSocketViolation(UNSUPPORTED_DATA, 'a text frame on a data connection');
      case CLOSE:
      case PING:
      case PONG:
        if (!isFinal || length > CONTROL_PAYLOAD_MAX_BYTES)
          throw new WebSocketViolation(PROTOCOL_ERROR, 'a control frame that is fragmented or too long');
        break;
      default:
        throw new WebSocketViolation(PROTOCOL_ERROR, `an unknown opcode ${String(this.#opcode)}`);
    }
    return 2 + (length === EXTENDED_16 ? 2 : length === EXTENDED_64 ? 8 : 0) + (this.#isPeerClient ? 4 : 0);
  }

  #beginPayload(): void {
    const length = (this.#header[1] ?? 0) & 0x7f;
    if (length === EXTENDED_16) this.#payloadLength = this.#header.readUInt16BE(2);
    else if (length === EXTENDED_64) this.#payloadLength = Number(this.#header.readBigUInt64BE(2));
    else this.#payloadLength = length;
    if (this.#payloadLength > this.#maxFrameBytes)
      throw new WebSocketViolation(TOO_BIG, `a frame is longer than ${String(this.#maxFrameBytes)} bytes`);
    if (this.#opcode < CLOSE) {
      this.#messageByteCount = this.#payloadLength + (this.#opcode === CONTINUATION ? this.#messageByteCount : 0);
      if (this.#messageByteCount > this.#maxMessageBytes)
        throw new WebSocketViolation(TOO_BIG, `a message is longer than ${String(this.#maxMessageBytes)} bytes`);
    }
    if (this.#isPeerClient) {
      const keyAt = this.#headerLength - 4;
      this.#isMasked = this.#header.readUInt32BE(keyAt) !== 0;
      this.#header.copy(this.#key, 0, keyAt, keyAt + 4);
    }
    this.#remaining = this.#payloadLength;
    this.#headerByteCount = 0;
    if (this.#remaining === 0 && this.#opcode >= CLOSE) this.#endControl();
  }

  #readControl(chunk: Buffer, at: number, end: number): void {
    chunk.copy(this.#control, this.#payloadLength - this.#remaining, at, end);
    this.#remaining -= end - at;
    if (this.#remaining === 0) this.#endControl();
  }

  #endControl(): void {
    const payload = this.#control.subarray(0, this.#payloadLength);
    if (this.#opcode === PING) this.#events.onPing(Buffer.from(payload));
    if (this.#opcode !== CLOSE) return;
    this.#isClosed = true;
    if (payload.length === 1) throw new WebSocketViolation(PROTOCOL_ERROR, 'a close frame with half a code');
    const code = payload.length === 0 ? undefined : payload.readUInt16BE(0);
    if (code !== undefined && !isCloseCode(code))
      throw new WebSocketViolation(PROTOCOL_ERROR, `a close code that may not be sent (${String(code)})`);
    this.#events.onClose(code);
  }
}

/** RFC 6455 §7.4: 1004 to 1006 and 1015 are never sent, 3000 to 4999 are the applications'. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}
