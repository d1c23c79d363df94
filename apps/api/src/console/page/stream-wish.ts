import { VIEWER_LIMITS } from './limits.js';
import type { Size } from './letterbox.js';

export interface StreamWish extends Size {
  readonly fps: number;
  /** In kbit/s. */
  readonly bitrate: number;
}

/** A narrower one is a phone's, whose link and battery are spared. */
const LARGE_WINDOW_WIDTH = 1_000;
/** Bits for each pixel of each picture; text stays sharp with it. */
const BITS_PER_PIXEL = 0.1;

/** The picture to ask for: that of the window in its own pixels, within what hosts encode. */
export function streamWishFor(window: Size, pixelRatio: number): StreamWish {
  const limits = VIEWER_LIMITS;
  const ratio = Number.isFinite(pixelRatio) && pixelRatio > 0 ? pixelRatio : 1;
  const width = whole(window.width * ratio, limits.widthMin, limits.widthMax);
  const height = whole(window.height * ratio, limits.heightMin, limits.heightMax);
  const fps = window.width < LARGE_WINDOW_WIDTH ? 30 : 60;
  const bitrate = Math.round((width * height * fps * BITS_PER_PIXEL) / 1_000);
  return { width, height, fps, bitrate: Math.max(limits.bitrateMin, Math.min(limits.bitrateMax, bitrate)) };
}

/** Encoders take multiples of eight without cropping. */
function whole(pixels: number, min: number, max: number): number {
  const bounded = Math.max(min, Math.min(max, Number.isFinite(pixels) ? pixels : min));
  return Math.floor(bounded / 8) * 8;
}
