import { FRAME_INTERVAL_MS } from '../limits.js';
import {
  type CompressedRows,
  DEFLATE_END,
  PNG_SIGNATURE,
  ZLIB_HEADER,
  combineAdler32,
  compressRows,
  pngChunk,
  pngHeader,
} from './png-chunk.js';
import { paintScene, paintStrip, PICTURE_HEIGHT, PICTURE_WIDTH, STRIP_HEIGHT } from './desktop-scene.js';
import { picture, type Picture } from './picture.js';
import { Raster } from './raster.js';

/** Rows compressed together: enough for deflate to work with, little enough to keep the start light on memory. */
const BAND_HEIGHT = 130;

interface StillPart {
  readonly chunks: Buffer;
  readonly rawBytes: number;
  readonly adler: number;
}

/**
 * The screen of one desktop as a PNG of 3840 × 2160 pixels and some 750 KB that changes ten times a second.
 *
 * Compressing 25 MB for every request would cost 100 ms. So the rows that never change are compressed once, on first
 * use, and a new frame compresses only the strip on top: both are deflate streams with a full flush at the end, so they
 * can be put behind one another, and the checksum of the whole follows from those of the parts.
 */
export class DesktopPicture {
  readonly #sessionId: string;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #header = Buffer.concat([PNG_SIGNATURE, pngHeader(PICTURE_WIDTH, PICTURE_HEIGHT)]);
  readonly #end = pngChunk('IEND');
  #still: StillPart | undefined;
  #frame = -1;
  #current: Picture | undefined;

  constructor(sessionId: string, now: () => number = Date.now) {
    this.#sessionId = sessionId;
    this.#now = now;
    this.#startedAt = now();
  }

  /** The picture of this moment. The same object until the next frame is due. */
  current(): Picture {
    const now = this.#now();
    const frame = Math.max(0, Math.floor((now - this.#startedAt) / FRAME_INTERVAL_MS));
    if (this.#current === undefined || frame !== this.#frame) {
      this.#frame = frame;
      this.#current = this.#paint(frame, new Date(now));
    }
    return this.#current;
  }

  #paint(frame: number, now: Date): Picture {
    this.#still ??= this.#paintStill();
    const raster = new Raster(PICTURE_WIDTH, 0, STRIP_HEIGHT);
    paintStrip(raster, this.#sessionId, frame, now);
    const strip = compressRows(raster.bytes, 1);
    const trailer = Buffer.alloc(4);
    trailer.writeUInt32BE(combineAdler32(strip.adler, this.#still.adler, this.#still.rawBytes));
    return picture('image/png', [
      this.#header,
      pngChunk('IDAT', ZLIB_HEADER, strip.deflated),
      this.#still.chunks,
      pngChunk('IDAT', DEFLATE_END, trailer),
      this.#end,
    ]);
  }

  #paintStill(): StillPart {
    const bands: CompressedRows[] = [];
    for (let top = STRIP_HEIGHT; top < PICTURE_HEIGHT; top += BAND_HEIGHT) {
      const raster = new Raster(PICTURE_WIDTH, top, Math.min(BAND_HEIGHT, PICTURE_HEIGHT - top));
      paintScene(raster, this.#sessionId);
      bands.push(compressRows(raster.bytes, 6));
    }
    return {
      chunks: Buffer.concat(bands.map((band) => pngChunk('IDAT', band.deflated))),
      rawBytes: bands.reduce((sum, band) => sum + band.rawBytes, 0),
      adler: bands.reduce((sum, band) => combineAdler32(sum, band.adler, band.rawBytes), 1),
    };
  }
}
