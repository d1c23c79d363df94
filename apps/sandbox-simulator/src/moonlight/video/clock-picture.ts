import { YuvPicture } from './yuv-picture.js';

export const PICTURE_WIDTH = 320;
export const PICTURE_HEIGHT = 192;

const BACKGROUND = [40, 140, 118] as const;
const BRIGHT = 225;
const DIM = 160;

/** The time in UTC, and below it what else is to be known of the stream. */
export function clockPicture(now: Date, caption: readonly string[]): YuvPicture {
  const picture = new YuvPicture(PICTURE_WIDTH, PICTURE_HEIGHT, BACKGROUND);
  picture.text(18, 24, now.toISOString().slice(11, 19), 6, BRIGHT);
  for (const [index, line] of caption.entries()) picture.text(18, 96 + index * 40, line, 2, DIM);
  return picture;
}
