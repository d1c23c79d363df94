import type { Duplex } from 'node:stream';
import { FRAME_MAX_BYTES, LINGER_MS, UNSENT_MAX_BYTES } from './moonlight-limits.js';
import type { ViolationKind } from './moonlight-status.js';
import type { ServerMessage } from './stream-messages.js';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly isFinal: boolean;
  /** The three reserved bits, unused here. */
  readonly reservedBits: number;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** What the decoder of the real server gives up on (moonlight-web §3.6). */
export type FrameError = 'unmasked' | 'oversized' | 'unknown-opcode';

/**
 * Cuts a client's bytes into WebSocket frames and does nothing else: what a library would hide (fragments, reserved bits,
 * control frames) is what this server must notice.
 */
class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  #failed = false;

  /** The frames that are complete now, and the error after which there are no more. */
  read(bytes: Buffer): readonly (Frame | FrameError)[] {
    const found: (Frame | FrameError)[] = [];
    if (this.#failed) return found;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      const next = this.#next();
      if (next === undefined) return found;
      found.push(next);
      if (typeof next === 'string') {
        this.#failed = true;
        this.#pending = Buffer.alloc(0);
        return found;
      }
    }
  }

  #next(): Frame | FrameError | undefined {
    const bytes = this.#pending;
    if (bytes.length < 2) return undefined;
    const first = bytes.readUInt8(0);
    const second = bytes.readUInt8(1);
    const opcode = first & 15;
    if (!Object.values<number>(OPCODE).includes(opcode)) return 'unknown-opcode';
    if ((second & 128) === 0) return 'unmasked';
    const shortLength = second & 127;
    const extraBytes = shortLength === 127 ? 8 : shortLength === 126 ? 2 : 0;
    if (bytes.length < 2 + extraBytes) return undefined;
    let length = shortLength;
    if (extraBytes === 2) length = bytes.readUInt16BE(2);
    if (extraBytes === 8) length = Number(bytes.readBigUInt64BE(2));
    if (length > FRAME_MAX_BYTES) return 'oversized';
    const start = 2 + extraBytes + 4;
    if (bytes.length < start + length) return undefined;
    const mask = bytes.subarray(start - 4, start);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    for (let index = 0; index < payload.length; index += 1)
      payload[index] = payload.readUInt8(index) ^ (mask[index & 3] ?? 0);
    this.#pending = bytes.subarray(start + length);
    return { isFinal: (first & 128) !== 0, reservedBits: (first >> 4) & 7, opcode, payload };
  }
}

/** What is wrong with the frame; undefined for one that Moonlight Web can read, and for a Close. */
export function violationOf(frame: Frame | FrameError): ViolationKind | undefined {
  if (typeof frame === 'string') return frame;
  if (frame.opcode === OPCODE.close) return undefined;
  if (frame.opcode === OPCODE.ping) return 'ping';
  if (frame.opcode === OPCODE.pong) return 'pong';
  if (!frame.isFinal || frame.opcode === OPCODE.continuation) return 'fragment';
  if (frame.opcode === OPCODE.binary) return 'binary';
  return frame.reservedBits === 0 ? undefined : 'reserved-bits';
}

/** One whole, unmasked frame (moonlight-web §3.6: a server's message of any size is one frame). */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head.writeUInt8(128 | opcode, 0);
  if (head.length === 2) head.writeUInt8(length, 1);
  if (head.length === 4) {
    head.writeUInt8(126, 1);
    head.writeUInt16BE(length, 2);
  }
  if (head.length === 10) {
    head.writeUInt8(127, 1);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

export interface StreamSocketEvents {
  readonly onFrame: (frame: Frame | FrameError) => void;
  /** The connection is over. Comes once. */
  readonly onEnd: () => void;
}

/** One WebSocket on its raw connection: text out, frames in, and Close frames that are always empty. */
export class StreamSocket {
  readonly #connection: Duplex;
  readonly #reader = new FrameReader();
  readonly #events: StreamSocketEvents;
  #isMute = false;
  #isOver = false;
  #isClosing = false;
  #linger: NodeJS.Timeout | undefined;

  constructor(connection: Duplex, events: StreamSocketEvents) {
    this.#connection = connection;
    this.#events = events;
    connection.on('error', () => undefined);
    connection.on('data', (bytes: Buffer) => {
      this.#read(bytes);
    });
    connection.once('end', () => {
      this.destroy();
    });
    connection.once('close', () => {
      this.#over();
    });
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isClosing;
  }

  /** Says it, unless the socket is closing already. */
  send(message: ServerMessage): void {
    if (!this.isOpen) return;
    this.#connection.write(serverFrame(OPCODE.text, Buffer.from(JSON.stringify(message))));
    if (this.#connection.writableLength > UNSENT_MAX_BYTES) this.destroy();
  }

  /** An empty Close frame, and the end of this side's bytes. */
  close(): void {
    if (!this.isOpen) return;
    this.#isClosing = true;
    this.#connection.end(serverFrame(OPCODE.close, Buffer.alloc(0)));
    this.#linger = setTimeout(() => {
      this.destroy();
    }, LINGER_MS);
  }

  /** Says nothing more; the next byte of the client ends the connection without a Close (moonlight-web §3.5, first row). */
  goMute(): void {
    this.#isMute = true;
  }

  destroy(): void {
    this.#connection.destroy();
    this.#over();
  }

  #read(bytes: Buffer): void {
    if (this.#isMute) this.destroy();
    for (const frame of this.#reader.read(bytes)) {
      if (this.#isOver) return;
      this.#events.onFrame(frame);
    }
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#linger);
    this.#events.onEnd();
  }
}
