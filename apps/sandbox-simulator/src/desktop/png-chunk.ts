import { constants, crc32, deflateRawSync } from 'node:zlib';

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

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Header of a zlib stream: deflate, 32 KiB window, fastest level. */
export const ZLIB_HEADER = Buffer.from([0x78, 0x01]);

/** The last block of a deflate stream, empty. */
export const DEFLATE_END = Buffer.from([0x03, 0x00]);

/** One PNG chunk: length, type, content, checksum. */
export function pngChunk(type: 'IHDR' | 'IDAT' | 'IEND', ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...content]);
  const chunk = Buffer.allocUnsafe(body.length + 8);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** Header chunk of an 8-bit RGB picture without interlacing. */
export function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return pngChunk('IHDR', header);
}

/**
 * Some rows of a picture, compressed so that they can stand between any others: a raw deflate stream that ends in a
 * full flush refers to nothing before itself and leaves nothing open behind it.
 */
export interface CompressedRows {
  readonly deflated: Buffer;
  readonly rawBytes: number;
  readonly adler: number;
}

export function compressRows(raw: Buffer, level: number): CompressedRows {
  return {
    deflated: deflateRawSync(raw, { level, finishFlush: constants.Z_FULL_FLUSH }),
    rawBytes: raw.length,
    adler: adler32(raw),
  };
}
