import { UNREAD_BLOCK_BYTES } from './limits.js';

const FIRST_BLOCK_BYTES = 1024;

/**
 * Bytes that wait for a slow reader. A view keeps all of its memory alive, so small parts are copied into blocks: memory stays
 * within a few times of the counted bytes, however small the frames of the peer are.
 */
export class UnreadBacklog {
  #pieces: Buffer[] = [];
  #head = 0;
  #byteLength = 0;
  /** Where the last piece grows, when it is a block of ours. */
  #block: Buffer | undefined;
  #blockBytes = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  append(bytes: Buffer): void {
    this.#byteLength += bytes.length;
    // A small piece costs many times its length, even where nothing else is in its memory.
    if (bytes.length >= FIRST_BLOCK_BYTES && bytes.length * 4 >= bytes.buffer.byteLength) {
      this.#block = undefined;
      this.#pieces.push(bytes);
      return;
    }
    let at = 0;
    while (at < bytes.length) at += this.#copy(bytes, at);
  }

  shift(): Buffer | undefined {
    const piece = this.#pieces[this.#head];
    if (piece === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#pieces.length) {
      // What was handed out does not grow any more.
      this.#block = undefined;
      this.#pieces = [];
      this.#head = 0;
    } else if (this.#head >= 64) {
      this.#pieces.splice(0, this.#head);
      this.#head = 0;
    }
    this.#byteLength -= piece.length;
    return piece;
  }

  clear(): void {
    this.#pieces = [];
    this.#head = 0;
    this.#byteLength = 0;
    this.#block = undefined;
  }

  #copy(bytes: Buffer, from: number): number {
    let block = this.#block;
    if (block === undefined || this.#blockBytes === block.length) {
      const last = block?.length ?? 0;
      const rest = bytes.length - from;
      block = Buffer.allocUnsafeSlow(Math.min(UNREAD_BLOCK_BYTES, Math.max(FIRST_BLOCK_BYTES, rest, last * 2)));
      this.#block = block;
      this.#blockBytes = 0;
      this.#pieces.push(block.subarray(0, 0));
    }
    const count = bytes.copy(block, this.#blockBytes, from);
    this.#blockBytes += count;
    this.#pieces[this.#pieces.length - 1] = block.subarray(0, this.#blockBytes);
    return count;
  }
}
