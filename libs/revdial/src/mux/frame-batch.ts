import { FRAME_HEADER_BYTES, FRAME_TYPES, writeFrameHeader } from './frame-codec.js';
import type { FrameType } from './frame-codec.js';
import { PAYLOAD_COPY_MAX_BYTES } from './limits.js';

/** A slab is handed out piece by piece and never written twice, since the pipe owns what it was given. */
const SLAB_BYTES = 16 * 1024;

/**
 * Gathers frames for one write. Headers and short payloads are copied into a slab, long payloads go between as they are: many small
 * frames become one buffer. Filled and emptied within one turn, so one batch serves all links, and an idle link holds none.
 */
export class FrameBatch {
  #slab: Buffer = Buffer.alloc(0);
  #slabStart = 0;
  #slabEnd = 0;
  #chunks: Buffer[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  addHeader(type: FrameType, flags: number, streamId: number, length: number): void {
    this.#reserve(FRAME_HEADER_BYTES);
    writeFrameHeader(this.#slab, this.#slabEnd, type, flags, streamId, length);
    this.#slabEnd += FRAME_HEADER_BYTES;
    this.#byteLength += FRAME_HEADER_BYTES;
  }

  addDataHeader(flags: number, streamId: number, length: number): void {
    this.addHeader(FRAME_TYPES.data, flags, streamId, length);
  }

  addPayload(bytes: Buffer): void {
    this.#byteLength += bytes.length;
    if (bytes.length <= PAYLOAD_COPY_MAX_BYTES) {
      this.#reserve(bytes.length);
      bytes.copy(this.#slab, this.#slabEnd);
      this.#slabEnd += bytes.length;
      return;
    }
    this.#closePiece();
    this.#chunks.push(bytes);
  }

  /** Complete frames; copied, since their memory is used again. */
  addControl(frames: Buffer): void {
    this.#byteLength += frames.length;
    if (frames.length > SLAB_BYTES) {
      this.#closePiece();
      this.#chunks.push(Buffer.from(frames));
      return;
    }
    this.#reserve(frames.length);
    frames.copy(this.#slab, this.#slabEnd);
    this.#slabEnd += frames.length;
  }

  /** Returns what was gathered, in order, and empties the batch. */
  take(): readonly Buffer[] {
    this.#closePiece();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#byteLength = 0;
    return chunks;
  }

  #reserve(count: number): void {
    if (this.#slab.length - this.#slabEnd >= count) return;
    this.#closePiece();
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#slabStart = 0;
    this.#slabEnd = 0;
  }

  #closePiece(): void {
    if (this.#slabEnd === this.#slabStart) return;
    this.#chunks.push(this.#slab.subarray(this.#slabStart, this.#slabEnd));
    this.#slabStart = this.#slabEnd;
  }
}
