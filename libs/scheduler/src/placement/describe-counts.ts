import type { ObstacleCode } from './obstacle.js';

const PHRASES: readonly (readonly [ObstacleCode, string])[] = [
  ['condition', 'out of rotation'],
  ['silent', 'not heard of'],
  ['start-failed', 'that could not start it'],
  ['gpu-vendor', 'of another GPU'],
  ['label', 'without the labels'],
  ['image', 'without the image'],
  ['slots', 'with all slots taken'],
  ['encoders', 'with all encoders taken'],
  ['video-memory', 'short of video memory'],
];

/** `2 of another GPU, 1 with all slots taken`; empty when nothing speaks against any. */
export function describeCounts(counts: Readonly<Partial<Record<ObstacleCode, number>>>): string {
  return PHRASES.flatMap(([code, phrase]) => {
    const count = counts[code] ?? 0;
    return count === 0 ? [] : [`${String(count)} ${phrase}`];
  }).join(', ');
}
