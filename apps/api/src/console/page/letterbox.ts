export interface Size {
  readonly width: number;
  readonly height: number;
}

interface PlaceInPicture {
  /** From 0 to 1; on its edge for places beside the picture. */
  readonly x: number;
  readonly y: number;
  readonly isInside: boolean;
}

/**
 * Where in the picture is a place in the box that shows it whole, with bars at two of its sides (`object-fit: contain`)?
 * `undefined` while there is no picture.
 */
export function placeInPicture(
  box: Size,
  picture: Size,
  place: { readonly x: number; readonly y: number },
): PlaceInPicture | undefined {
  if (!(box.width > 0 && box.height > 0 && picture.width > 0 && picture.height > 0)) return undefined;
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const x = (place.x - (box.width - picture.width * scale) / 2) / (picture.width * scale);
  const y = (place.y - (box.height - picture.height * scale) / 2) / (picture.height * scale);
  return { x: within(x), y: within(y), isInside: x === within(x) && y === within(y) };
}

function within(share: number): number {
  return Math.max(0, Math.min(1, share));
}
