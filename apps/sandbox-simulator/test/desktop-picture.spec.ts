import { DesktopPicture } from '@helix/sandbox-simulator';

import { encodeJpeg } from '../src/desktop/jpeg-worker.js';
import { decodePng } from './decode-png.js';

const SESSION = 'ses_01hx0000000000000000000abc';

function pictureOf(sessionId: string, now: () => number): Buffer {
  return Buffer.concat(new DesktopPicture(sessionId, now).current().parts);
}

describe('the picture of a desktop', () => {
  it('is a sound PNG of 3840 × 2160 pixels, 8-bit RGB, not interlaced', () => {
    const { width, height, bitDepth, colorType, interlaced } = decodePng(pictureOf(SESSION, () => 0));
    expect({ width, height, bitDepth, colorType, interlaced }).toEqual({
      width: 3840,
      height: 2160,
      bitDepth: 8,
      colorType: 2,
      interlaced: false,
    });
  });

  it.each([SESSION, 'ses_01zzzzzzzzzzzzzzzzzzzzzzzz', 'x'])('has between 700 and 800 KB for %s', (sessionId) => {
    const sizeBytes = pictureOf(sessionId, Date.now).length;
    expect(sizeBytes).toBeGreaterThan(700_000);
    expect(sizeBytes).toBeLessThan(800_000);
  });

  it('is the same object within a frame and another sound PNG in the next', () => {
    let now = 1_800_000_000_000;
    const desktop = new DesktopPicture(SESSION, () => now);
    const first = desktop.current();
    now += 99;
    expect(desktop.current()).toBe(first);
    now += 1;
    const second = desktop.current();
    const before = decodePng(Buffer.concat(first.parts)).pixels;
    const after = decodePng(Buffer.concat(second.parts)).pixels;
    expect(after.equals(before)).toBe(false);
    // Only the strip on top changes.
    const stripBytes = 80 * 3840 * 3;
    expect(after.subarray(stripBytes).equals(before.subarray(stripBytes))).toBe(true);
  });

  it('differs between two sessions at the same moment, in the strip and below it', () => {
    const one = decodePng(pictureOf('ses_one', () => 0)).pixels;
    const other = decodePng(pictureOf('ses_two', () => 0)).pixels;
    const stripBytes = 80 * 3840 * 3;
    expect(one.subarray(0, stripBytes).equals(other.subarray(0, stripBytes))).toBe(false);
    expect(one.subarray(stripBytes).equals(other.subarray(stripBytes))).toBe(false);
  });

  it('shows the session in its upper left corner, in pixels a person can read', () => {
    const { pixels } = decodePng(pictureOf('L', () => 0));
    const isInk = (x: number, y: number): boolean => (pixels[(y * 3840 + x) * 3] ?? 0) > 200;
    const rows = Array.from({ length: 7 }, (_, row) =>
      Array.from({ length: 5 }, (__, column) => (isInk(24 + column * 8 + 4, 12 + row * 8 + 4) ? '#' : '.')).join(''),
    );
    expect(rows).toEqual(['#....', '#....', '#....', '#....', '#....', '#....', '#####']);
  });

  it('becomes a JPEG of the same size in pixels, smaller at a lower quality', () => {
    const png = pictureOf(SESSION, () => 0);
    const jpeg = encodeJpeg(png, 10);
    expect(jpeg.toString('hex', 0, 3)).toBe('ffd8ff');
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    expect([jpeg.readUInt16BE(frame + 7), jpeg.readUInt16BE(frame + 5)]).toEqual([3840, 2160]);
    expect(encodeJpeg(png, 60).length).toBeGreaterThan(jpeg.length);
  });
});
