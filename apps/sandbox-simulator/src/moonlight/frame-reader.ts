import { FRAME_MAX_BYTES } from './moonlight-limits.js';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface Frame {
  readonly isFinal: boolean;
  /** The three reserved bits, which nobody here has a use for. */
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
export class FrameReader {
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
