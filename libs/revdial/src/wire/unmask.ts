/** Below this many bytes, preparing to go by words costs more than it saves. */
const WORDWISE_MIN_BYTES = 64;

/**
 * Undoes WebSocket's masking in place (RFC 6455 §5.3) on `bytes[start, end)`. `phase` is how many bytes of the frame came
 * before; `key` has four bytes. Four bytes at a time: the Go clients mask with random keys, and a picture is 750 KB.
 */
export function unmask(bytes: Buffer, start: number, end: number, key: Buffer, phase: number): void {
  let at = start;
  const turn = phase - start;
  const maskUpTo = (limit: number): void => {
    for (; at < limit; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (key[(at + turn) & 3] ?? 0);
  };
  if (end - start >= WORDWISE_MIN_BYTES) {
    maskUpTo(start + (-(bytes.byteOffset + start) & 3));
    const wordCount = (end - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
    const word = wordOf(key, at + turn);
    for (let index = 0; index < wordCount; index += 1) words[index] = (words[index] ?? 0) ^ word;
    at += wordCount * 4;
  }
  maskUpTo(end);
}

/** Four bytes of the key from `phase` on, in this machine's order of bytes. */
function wordOf(key: Buffer, phase: number): number {
  const turned = Uint8Array.from({ length: 4 }, (_, index) => key[(phase + index) & 3] ?? 0);
  return new Int32Array(turned.buffer)[0] ?? 0;
}
