import { createHash } from 'node:crypto';

import { LETTERS } from './bitmap-font.js';
import type { Color, Raster } from './raster.js';

export const PICTURE_WIDTH = 3840;
export const PICTURE_HEIGHT = 2160;

/** The rows at the top that change with time: session, clock, frame number and a pattern of both. */
export const STRIP_HEIGHT = 80;

const WHITE: Color = [240, 244, 248];
const BAR: Color = [24, 28, 36];
const EDITOR: Color = [30, 34, 42];
const INK: readonly Color[] = [
  [171, 178, 191],
  [152, 195, 121],
  [97, 175, 239],
  [229, 192, 123],
];

/** Where the window of text and the camera picture stand; sized so that the PNG comes to some 750 KB. */
const TEXT = { left: 120, top: 200, columns: 250, lines: 84, columnWidth: 12, lineHeight: 22 } as const;
const CAMERA = { left: 3240, top: 200, width: 500, height: 400 } as const;

/** Spreads the bits of a number; the same number always gives the same result. */
function scramble(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  bits = Math.imul(bits ^ (bits >>> 15), 0x2c1b3c6d);
  return (bits ^ (bits >>> 13)) >>> 0;
}

/** A number of a session, from which all that is random in its picture follows. */
export function sceneSeed(sessionId: string): number {
  return createHash('sha256').update(sessionId).digest().readUInt32BE(0);
}

/** The parts of the picture that stand still: wallpaper, a window full of text, a noisy camera picture. */
export function paintScene(raster: Raster, sessionId: string): void {
  const seed = sceneSeed(sessionId);
  const hue = seed % 64;
  for (let row = raster.top; row < raster.top + raster.height; row += 1) {
    const shade = Math.floor((row / PICTURE_HEIGHT) * 80);
    raster.fill(0, row, PICTURE_WIDTH, 1, [20 + hue, 60 + shade, 150 - shade]);
  }
  raster.fill(TEXT.left - 40, TEXT.top - 60, 3080, 60, BAR);
  raster.fill(TEXT.left - 40, TEXT.top, 3080, TEXT.lines * TEXT.lineHeight + 20, EDITOR);
  raster.text(TEXT.left, TEXT.top - 44, `workspace of ${sessionId}`, 4, WHITE);
  for (let line = 0; line < TEXT.lines; line += 1) paintLine(raster, line, seed);
  paintCamera(raster, seed);
}

function paintLine(raster: Raster, line: number, seed: number): void {
  const y = TEXT.top + 10 + line * TEXT.lineHeight;
  if (!raster.shows(y, TEXT.lineHeight)) return;
  for (let column = 0; column < TEXT.columns; column += 1) {
    const chance = scramble(seed + line * 4099 + column);
    const letter = LETTERS.charAt(chance % LETTERS.length);
    const color = INK[scramble(seed + line * 31 + (column >> 3)) % INK.length] ?? WHITE;
    raster.text(TEXT.left + column * TEXT.columnWidth, y, letter, 2, color);
  }
}

function paintCamera(raster: Raster, seed: number): void {
  for (let y = CAMERA.top; y < CAMERA.top + CAMERA.height; y += 1) {
    if (!raster.shows(y, 1)) continue;
    for (let x = CAMERA.left; x < CAMERA.left + CAMERA.width; x += 1) {
      const grey = 96 + ((x - CAMERA.left) >> 3) + (scramble(seed ^ (y * 8191 + x)) & 15);
      raster.dot(x, y, grey, grey, grey);
    }
  }
}

/** The changing strip: whose desktop, when, which frame, and sixty-four blocks that follow from all three. */
export function paintStrip(raster: Raster, sessionId: string, frame: number, now: Date): void {
  raster.fill(0, 0, PICTURE_WIDTH, STRIP_HEIGHT, BAR);
  raster.text(24, 12, sessionId.slice(0, 40), 8, WHITE);
  raster.text(2030, 20, now.toISOString().slice(0, 21).replace('T', ' '), 5, WHITE);
  raster.text(2720, 20, `#${String(frame)}`, 5, INK[3] ?? WHITE);
  const blocks = createHash('sha256')
    .update(`${sessionId} ${String(frame)} ${now.toISOString()}`)
    .digest();
  for (let block = 0; block < 64; block += 1) {
    const nibble = ((blocks[block >> 1] ?? 0) >> ((block & 1) * 4)) & 15;
    raster.fill(3060 + (block % 32) * 23, 16 + (block >> 5) * 25, 20, 22, [nibble * 16, 255 - nibble * 16, 128]);
  }
}
