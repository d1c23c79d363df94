import { mediaTypeOf } from '../../foreign/ask-plainly.js';

const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const;
/** Under what type a picture leaves this API: one of ours, never the words of a desktop. */
export type PictureType = (typeof PICTURE_TYPES)[number];

const SIGNATURES: readonly (readonly [PictureType, RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
];
const SIGNATURE_BYTES = 12;

/**
 * The type of a picture that is said to be of `contentType`: what its bytes begin like, or else what is said. `undefined` where
 * something is said that is no picture of a browser's; SVG is none, since it can hold scripts.
 */
export function pictureTypeOf(
  contentType: string | string[] | undefined,
  chunks: readonly Buffer[],
): PictureType | undefined {
  const mediaType = mediaTypeOf(contentType);
  const said = PICTURE_TYPES.find((type) => type === mediaType);
  if (said === undefined) return undefined;
  const head = beginningOf(chunks);
  return SIGNATURES.find(([, signature]) => signature.test(head))?.[0] ?? said;
}

function beginningOf(chunks: readonly Buffer[]): string {
  let head = '';
  for (const chunk of chunks) {
    head += chunk.toString('latin1', 0, SIGNATURE_BYTES - head.length);
    if (head.length >= SIGNATURE_BYTES) break;
  }
  return head;
}
