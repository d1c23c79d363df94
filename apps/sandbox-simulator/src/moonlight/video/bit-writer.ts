/** Bits, highest first, as H.264 writes its headers (ITU-T H.264, 7.2 and 9.1). */
export class BitWriter {
  readonly #bytes: number[] = [];
  #bitCount = 0;

  bits(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit -= 1) {
      const index = this.#bitCount >> 3;
      const set = ((value >> bit) & 1) << (7 - (this.#bitCount & 7));
      this.#bytes[index] = (this.#bytes[index] ?? 0) | set;
      this.#bitCount += 1;
    }
    return this;
  }

  /** An unsigned number in Exp-Golomb code. */
  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1)) + 1;
    return this.bits(0, length - 1).bits(value + 1, length);
  }

  /** Zeros up to the next whole byte. */
  align(): this {
    return this.bits(0, (8 - (this.#bitCount & 7)) & 7);
  }

  /** The stop bit and what it takes to the end of the byte. */
  trail(): this {
    return this.bits(1, 1).align();
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes);
  }
}
