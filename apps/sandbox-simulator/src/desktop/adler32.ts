const MODULUS = 65521;

/** Sums of 8-bit values stay below 2^31 for this many steps, so the modulo is taken once a run. */
const RUN_BYTES = 3800;

/** Adler-32 of `bytes`, as the trailer of a zlib stream carries it. Node does not offer one. */
export function adler32(bytes: Uint8Array): number {
  let low = 1;
  let high = 0;
  for (let start = 0; start < bytes.length; start += RUN_BYTES) {
    const end = Math.min(start + RUN_BYTES, bytes.length);
    for (let index = start; index < end; index += 1) {
      low += bytes[index] ?? 0;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return high * 65536 + low;
}

/** The checksum of `a` followed by `b`, from their checksums and the length of `b`. */
export function combineAdler32(a: number, b: number, lengthOfB: number): number {
  const lowA = a % 65536;
  const highA = Math.floor(a / 65536);
  const lowB = b % 65536;
  const highB = Math.floor(b / 65536);
  const low = (lowA + lowB + MODULUS - 1) % MODULUS;
  const carried = ((lengthOfB % MODULUS) * ((lowA + MODULUS - 1) % MODULUS)) % MODULUS;
  const high = (highA + highB + carried) % MODULUS;
  return high * 65536 + low;
}
