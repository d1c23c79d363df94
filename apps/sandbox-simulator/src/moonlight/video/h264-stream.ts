import type { YuvPicture } from './yuv-picture.js';

/** Bits, highest first, as H.264 writes its headers (ITU-T H.264, 7.2 and 9.1). */
class BitWriter {
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

const REFERENCE = 3 << 5;
const NAL = { slice: REFERENCE | 1, idr: REFERENCE | 5, sps: REFERENCE | 7, pps: REFERENCE | 8 } as const;
const MACROBLOCK = 16;
/** The header of a macroblock whose samples follow as they are: `ue(25)` and zeros up to the byte. */
const RAW_MACROBLOCK = new BitWriter().ue(25).align().toBuffer();

/**
 * H.264 without an encoder (moonlight-web §9.1): whole pictures are macroblocks of raw samples, and between them come
 * pictures in which nothing has changed. Baseline, level 3.1.
 */
export class H264Stream {
  readonly #widthInMacroblocks: number;
  readonly #heightInMacroblocks: number;
  #frameNumber = 0;
  #idrId = 0;

  /** Sizes are multiples of 16. */
  constructor(width: number, height: number) {
    this.#widthInMacroblocks = width / MACROBLOCK;
    this.#heightInMacroblocks = height / MACROBLOCK;
  }

  /** The NAL units of a picture that needs no other. */
  wholePicture(picture: YuvPicture): readonly Buffer[] {
    this.#frameNumber = 0;
    this.#idrId = (this.#idrId + 1) & 1;
    return [this.#sequenceParameters(), pictureParameters(), this.#idr(picture)];
  }

  /** The NAL unit of a picture that is the one before it. */
  unchangedPicture(): Buffer {
    this.#frameNumber = (this.#frameNumber + 1) & 15;
    const bits = new BitWriter()
      .ue(0) // from the first macroblock
      .ue(5) // a P picture
      .ue(0)
      .bits(this.#frameNumber, 4)
      .bits(0, 3) // neither references nor their order nor their marking differ
      .ue(0) // quantiser as in the parameters
      .ue(1) // no deblocking
      .ue(this.#widthInMacroblocks * this.#heightInMacroblocks); // all of them skipped
    return nalUnit(NAL.slice, [bits.trail().toBuffer()]);
  }

  #sequenceParameters(): Buffer {
    const bits = new BitWriter()
      .bits(66, 8) // baseline
      .bits(0xc0, 8)
      .bits(31, 8) // level 3.1
      .ue(0)
      .ue(0) // frame numbers of 4 bits
      .ue(2) // output in the order of decoding
      .ue(1) // one reference
      .bits(0, 1)
      .ue(this.#widthInMacroblocks - 1)
      .ue(this.#heightInMacroblocks - 1)
      .bits(1, 1) // frames only
      .bits(1, 1)
      .bits(0, 2); // no cropping, no VUI
    return nalUnit(NAL.sps, [bits.trail().toBuffer()]);
  }

  #idr(picture: YuvPicture): Buffer {
    const header = new BitWriter()
      .ue(0) // from the first macroblock
      .ue(7) // an I picture, all of it
      .ue(0)
      .bits(0, 4) // frame number
      .ue(this.#idrId)
      .bits(0, 2)
      .ue(0) // quantiser as in the parameters
      .ue(1) // no deblocking
      .ue(25) // the first macroblock's header, which begins within a byte
      .align()
      .toBuffer();
    const parts: Buffer[] = [];
    for (let row = 0; row < this.#heightInMacroblocks; row += 1) {
      for (let column = 0; column < this.#widthInMacroblocks; column += 1) {
        parts.push(parts.length === 0 ? header : RAW_MACROBLOCK, picture.macroblock(column, row));
      }
    }
    return nalUnit(NAL.idr, [...parts, new BitWriter().trail().toBuffer()]);
  }
}

function pictureParameters(): Buffer {
  const bits = new BitWriter()
    .ue(0)
    .ue(0)
    .bits(0, 2) // CAVLC
    .ue(0)
    .ue(0) // one reference at a time
    .ue(0)
    .bits(0, 3)
    .ue(0)
    .ue(0)
    .ue(0)
    .bits(1, 1) // slices say whether they deblock
    .bits(0, 2);
  return nalUnit(NAL.pps, [bits.trail().toBuffer()]);
}

/** With a byte of 3 wherever two zeros would begin something else (ITU-T H.264, 7.4.1). */
function nalUnit(header: number, parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const escaped: Buffer[] = [Buffer.from([header])];
  let start = 0;
  for (let at = content.indexOf('\0\0', 0, 'latin1'); at >= 0;) {
    const next = content[at + 2];
    if (next !== undefined && next > 3) {
      at = content.indexOf('\0\0', at + 1, 'latin1');
      continue;
    }
    escaped.push(content.subarray(start, at + 2), Buffer.from([3]));
    start = at + 2;
    at = content.indexOf('\0\0', start, 'latin1');
  }
  escaped.push(content.subarray(start));
  return Buffer.concat(escaped);
}
