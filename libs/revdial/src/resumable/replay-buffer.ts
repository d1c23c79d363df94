import { REPLAY_COPY_MAX_BYTES } from './limits.js';

/** So many empty places at the front are worth moving the rest. */
const COMPACT_AT_COUNT = 256;

/**
 * Bytes that were written and that the peer has not acknowledged. Offsets count bytes since the link began:
 * `acknowledged <= sent <= end`. Chunks are kept as they were given, but for small pieces of large buffers.
 */
export class ReplayBuffer {
  #chunks: Buffer[] = [];
  /** The first chunk that is still needed… */
  #first = 0;
  /** …and the offset at which it begins. */
  #firstOffset = 0;
  /** The chunk that holds the next byte to send, and the offset at which it begins. */
  #next = 0;
  #nextOffset = 0;
  #acknowledged = 0;
  #sent = 0;
  #end = 0;

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get sent(): number {
    return this.#sent;
  }

  get end(): number {
    return this.#end;
  }

  get bufferedBytes(): number {
    return this.#end - this.#acknowledged;
  }

  get unsentBytes(): number {
    return this.#end - this.#sent;
  }

  get inFlightBytes(): number {
    return this.#sent - this.#acknowledged;
  }

  append(chunk: Buffer): void {
    if (chunk.length === 0) return;
    const isSmallPiece = chunk.length <= REPLAY_COPY_MAX_BYTES && chunk.buffer.byteLength > Buffer.poolSize;
    this.#chunks.push(isSmallPiece ? Buffer.from(chunk) : chunk);
    this.#end += chunk.length;
  }

  /** Moves at most `maxBytes` of what is next to be sent into `into`; returns how many. */
  take(maxBytes: number, into: Buffer[]): number {
    let left = Math.min(maxBytes, this.unsentBytes);
    const takenBytes = left;
    while (left > 0) {
      const chunk = this.#chunks[this.#next];
      if (chunk === undefined) break;
      const from = this.#sent - this.#nextOffset;
      const byteCount = Math.min(left, chunk.length - from);
      into.push(byteCount === chunk.length ? chunk : chunk.subarray(from, from + byteCount));
      this.#sent += byteCount;
      left -= byteCount;
      if (from + byteCount === chunk.length) {
        this.#next += 1;
        this.#nextOffset = this.#sent;
      }
    }
    return takenBytes;
  }

  /** Drops the bytes before `offset`, which is between `acknowledged` and `sent`. */
  acknowledge(offset: number): void {
    this.#acknowledged = offset;
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined; chunk = this.#chunks[this.#first]) {
      if (this.#firstOffset + chunk.length > offset) break;
      this.#firstOffset += chunk.length;
      this.#chunks[this.#first] = EMPTY;
      this.#first += 1;
    }
    if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#next -= this.#first;
      this.#first = 0;
    } else if (this.#first >= COMPACT_AT_COUNT && this.#first * 2 >= this.#chunks.length) {
      this.#chunks.splice(0, this.#first);
      this.#next -= this.#first;
      this.#first = 0;
    }
  }

  /** A new carrier: the peer has everything before `offset`, and is sent the rest again. Returns how much was sent before. */
  rewind(offset: number): number {
    const repeatedBytes = this.#sent - offset;
    this.acknowledge(offset);
    this.#sent = offset;
    this.#next = this.#first;
    this.#nextOffset = this.#firstOffset;
    return repeatedBytes;
  }

  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#next = 0;
    this.#acknowledged = this.#end;
    this.#sent = this.#end;
    this.#firstOffset = this.#end;
    this.#nextOffset = this.#end;
  }
}

const EMPTY = Buffer.alloc(0);
