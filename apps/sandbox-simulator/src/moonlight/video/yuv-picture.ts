import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRow } from '../../desktop/bitmap-font.js';

/** A picture in 4:2:0, of one colour with text of another brightness. */
export class YuvPicture {
  readonly #luma: Buffer;
  readonly #blue: number;
  readonly #red: number;
  readonly #width: number;

  constructor(width: number, height: number, [luma, blue, red]: readonly [luma: number, blue: number, red: number]) {
    this.#width = width;
    this.#luma = Buffer.alloc(width * height, luma);
    this.#blue = blue;
    this.#red = red;
  }

  /** Text with its upper left corner at (x, y), every pixel of the font `scale` pixels wide and high; clipped. */
  text(x: number, y: number, text: string, scale: number, luma: number): void {
    let left = x;
    for (const character of text) {
      this.#glyph(left, y, character, scale, luma);
      left += (GLYPH_WIDTH + 1) * scale;
    }
  }

  /** Its 384 samples: 16 x 16 of brightness, 8 x 8 of each colour. */
  macroblock(column: number, row: number): Buffer {
    const samples = Buffer.alloc(384, this.#blue);
    for (let line = 0; line < 16; line += 1) {
      const start = (row * 16 + line) * this.#width + column * 16;
      this.#luma.copy(samples, line * 16, start, start + 16);
    }
    return samples.fill(this.#red, 320);
  }

  #glyph(x: number, y: number, character: string, scale: number, luma: number): void {
    for (let row = 0; row < GLYPH_HEIGHT * scale; row += 1) {
      const bits = glyphRow(character, Math.floor(row / scale));
      for (let column = 0; column < GLYPH_WIDTH; column += 1) {
        const left = x + column * scale;
        if (((bits >> (GLYPH_WIDTH - 1 - column)) & 1) === 0 || left + scale > this.#width) continue;
        const start = (y + row) * this.#width + left;
        this.#luma.fill(luma, start, start + scale);
      }
    }
  }
}
