/** Gathers a head of known length from pieces cut anywhere. Holds no more than that head. */
export class ByteGatherer {
  #bytes: Buffer = Buffer.alloc(0);

  /** How many more bytes until there are `byteCount`? */
  missing(byteCount: number): number {
    return Math.max(0, byteCount - this.#bytes.length);
  }

  /** Takes from `piece` what is missing to `byteCount`; returns the rest of it. */
  take(piece: Buffer, byteCount: number): Buffer {
    const wanted = this.missing(byteCount);
    if (wanted === 0) return piece;
    const part = piece.subarray(0, wanted);
    this.#bytes = this.#bytes.length === 0 ? part : Buffer.concat([this.#bytes, part]);
    return piece.subarray(part.length);
  }

  get bytes(): Buffer {
    return this.#bytes;
  }
}
