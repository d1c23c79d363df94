import { parentPort } from 'node:worker_threads';
import { inflateSync } from 'node:zlib';
import jpeg from 'jpeg-js';
import { PICTURE_HEIGHT, PICTURE_WIDTH } from './desktop-scene.js';
import { PNG_SIGNATURE } from './png-chunk.js';

/** What the thread is asked for: `png` re-encoded at `quality`. Answered in the order of the questions. */
export interface JpegOrder {
  readonly order: number;
  readonly png: Uint8Array;
  readonly quality: number;
}

export interface JpegDelivery {
  readonly order: number;
  readonly jpeg: Uint8Array;
}

parentPort?.on('message', ({ order, png, quality }: JpegOrder) => {
  const delivery: JpegDelivery = { order, jpeg: encodeJpeg(Buffer.from(png), quality) };
  parentPort?.postMessage(delivery);
});

/** The pixels of a PNG as `DesktopPicture` makes them (8-bit RGB, filter 0 in every row), with an opaque alpha. */
function pixelsOf(png: Buffer): Buffer {
  const compressed: Buffer[] = [];
  for (let at = PNG_SIGNATURE.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') compressed.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const rows = inflateSync(Buffer.concat(compressed));
  const pixels = Buffer.alloc(PICTURE_WIDTH * PICTURE_HEIGHT * 4, 255);
  let from = 0;
  let to = 0;
  for (let row = 0; row < PICTURE_HEIGHT; row += 1) {
    from += 1;
    for (let column = 0; column < PICTURE_WIDTH; column += 1) {
      pixels[to] = rows[from] ?? 0;
      pixels[to + 1] = rows[from + 1] ?? 0;
      pixels[to + 2] = rows[from + 2] ?? 0;
      from += 3;
      to += 4;
    }
  }
  return pixels;
}

/** The same picture as JPEG of a quality from 1 to 100. Blocks for about a second. */
export function encodeJpeg(png: Buffer, quality: number): Buffer {
  return jpeg.encode({ data: pixelsOf(png), width: PICTURE_WIDTH, height: PICTURE_HEIGHT }, quality).data;
}
