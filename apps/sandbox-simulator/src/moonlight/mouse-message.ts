/** What a data channel's bytes do to the mouse, as far as Wolf maps it (moonlight-web §4). */
export type MouseMessage =
  { readonly kind: 'point'; readonly x: number; readonly y: number } | { readonly kind: 'press' };

/** `undefined` for everything else: keys, wheels, releases, and what is cut short. */
export function mouseMessageOf(label: string, bytes: Buffer): MouseMessage | undefined {
  const isMouse = label === 'mouse';
  if ((isMouse || label === 'mouseAbsolute') && bytes[0] === 1 && bytes.length >= 9) {
    const width = bytes.readInt16BE(5);
    const height = bytes.readInt16BE(7);
    if (width <= 0 || height <= 0) return undefined;
    return { kind: 'point', x: bytes.readInt16BE(1) / width, y: bytes.readInt16BE(3) / height };
  }
  return (isMouse || label === 'mouseClicks') && bytes[0] === 2 && bytes[1] === 1 ? { kind: 'press' } : undefined;
}
