/**
 * What the page writes into the data channels: big-endian bytes (moonlight-web §4). One function for each message; the
 * channel it goes into is the caller's to know.
 */

const REFERENCE = 4096;
const TEXT_MAX_BYTES = 255;

/** `keyboard`: a key by its Windows code. */
export function encodeKey(isDown: boolean, modifiers: number, windowsKey: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0, isDown ? 1 : 0, modifiers & 0xff, (windowsKey >> 8) & 0xff, windowsKey & 0xff);
}

/** `keyboard`: characters; `undefined` for none, and for more than one message takes. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0 || bytes.length > TEXT_MAX_BYTES) return undefined;
  return Uint8Array.of(1, bytes.length, ...bytes);
}

/** `mouseClicks`: 1 left, 2 middle, 3 right. */
export function encodeButton(isDown: boolean, button: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(2, isDown ? 1 : 0, button);
}

/** `mouseClicks`: the wheel in 120ths of a notch, up and right being positive. */
export function encodeWheel(dx: number, dy: number): Uint8Array<ArrayBuffer> {
  return encode(3, dx, dy);
}

/** `mouseAbsolute`: a place in the picture, both from 0 to 1. */
export function encodePosition(x: number, y: number): Uint8Array<ArrayBuffer> {
  return encode(1, x * REFERENCE, y * REFERENCE, REFERENCE, REFERENCE);
}

/** `mouseRelative`: a motion in the desktop's pixels. */
export function encodeMotion(dx: number, dy: number): Uint8Array<ArrayBuffer> {
  return encode(0, dx, dy);
}

function encode(type: number, ...numbers: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1 + numbers.length * 2);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, type);
  numbers.forEach((number, index) => {
    view.setInt16(1 + index * 2, Math.max(-32_768, Math.min(32_767, Math.round(number))));
  });
  return bytes;
}
