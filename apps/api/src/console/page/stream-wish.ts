import { VIEWER_LIMITS } from './limits.js';
import type { SessionDisplay } from './session-access.js';

export interface StreamWish extends SessionDisplay {
  /** In kbit/s. */
  readonly bitrate: number;
}

/** A narrower one is a phone's, whose link and battery are spared. */
const LARGE_WINDOW_WIDTH = 1_000;
/** Bits for each pixel of each picture; text stays sharp with the first. */
const BITS_PER_PIXEL = 0.1;
const BITS_PER_PIXEL_SPARED = 0.03;

/**
 * What to ask for: the desktop's own picture, which the page scales. Of another size the host would map the mouse wrongly, so
 * the window decides about the bit rate alone.
 */
export function streamWishFor({ width, height, fps }: SessionDisplay, windowWidth: number): StreamWish {
  const bitsPerPixel = windowWidth < LARGE_WINDOW_WIDTH ? BITS_PER_PIXEL_SPARED : BITS_PER_PIXEL;
  const bitrate = Math.round((width * height * fps * bitsPerPixel) / 1_000);
  const { bitrateMin, bitrateMax } = VIEWER_LIMITS;
  return { width, height, fps, bitrate: Math.max(bitrateMin, Math.min(bitrateMax, bitrate)) };
}
