import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRow } from './bitmap-font.js';

export type Color = readonly [red: number, green: number, blue: number];

/**
 * Some rows of a picture as PNG wants them before compression: for each row the filter type 0, then three bytes a
 * pixel. What is painted outside of these rows is clipped, so one painting routine serves every band of a picture.
 */
export class Raster {
  readonly bytes: Buffer;
  readonly #stride: number;

  constructor(
    readonly width: number,
    readonly top: number,
    readonly height: number,
  ) {
    this.#stride = 1 + width * 3;
    this.bytes = Buffer.alloc(this.#stride * height);
  }

  /** Whether any of the rows `y` … `y + height - 1` lies in this raster. */
  shows(y: number, height: number): boolean {
    return y < this.top + this.height && y + height > this.top;
  }

  fill(x: number, y: number, width: number, height: number, color: Color): void {
    const first = Math.max(y, this.top);
    const last = Math.min(y + height, this.top + this.height);
    const left = Math.max(x, 0);
    const right = Math.min(x + width, this.width);
    if (first >= last || left >= right) return;
    const start = this.#offset(left, first);
    const end = this.#offset(right, first);
    this.bytes.fill(Buffer.from(color), start, end);
    for (let row = first + 1; row < last; row += 1) this.bytes.copy(this.bytes, this.#offset(left, row), start, end);
  }

  /** Sets one pixel; for the few places where `fill` would cost more than it paints. */
  dot(x: number, y: number, red: number, green: number, blue: number): void {
    if (y < this.top || y >= this.top + this.height || x < 0 || x >= this.width) return;
    const at = this.#offset(x, y);
    this.bytes[at] = red;
    this.bytes[at + 1] = green;
    this.bytes[at + 2] = blue;
  }

  /** Text with its upper left corner at (x, y), every pixel of the font `scale` pixels wide and high. */
  text(x: number, y: number, text: string, scale: number, color: Color): void {
    if (!this.shows(y, GLYPH_HEIGHT * scale)) return;
    let left = x;
    for (const character of text) {
      this.#glyph(left, y, character, scale, color);
      left += (GLYPH_WIDTH + 1) * scale;
    }
  }

  #glyph(x: number, y: number, character: string, scale: number, [red, green, blue]: Color): void {
    for (let row = 0; row < GLYPH_HEIGHT; row += 1) {
      const bits = glyphRow(character, row);
      for (let pixel = 0; pixel < GLYPH_WIDTH * scale; pixel += 1) {
        const column = Math.floor(pixel / scale);
        if (((bits >> (GLYPH_WIDTH - 1 - column)) & 1) === 0) continue;
        for (let repeat = 0; repeat < scale; repeat += 1) {
          this.dot(x + pixel, y + row * scale + repeat, red, green, blue);
        }
      }
    }
  }

  #offset(x: number, row: number): number {
    return (row - this.top) * this.#stride + 1 + x * 3;
  }
}
