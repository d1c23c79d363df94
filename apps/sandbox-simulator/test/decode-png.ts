import { crc32, inflateSync } from 'node:zlib';

export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
  /** Three bytes a pixel, row after row. */
  readonly pixels: Buffer;
}

/** A strict reader of 8-bit RGB PNG, written from the format's rules: order, checksums, lengths, all five filters. */
export function decodePng(file: Buffer): DecodedPng {
  if (file.toString('hex', 0, 8) !== '89504e470d0a1a0a') throw new Error('no PNG signature');
  const chunks: { type: string; body: Buffer }[] = [];
  let at = 8;
  while (at < file.length) {
    const length = file.readUInt32BE(at);
    const typed = file.subarray(at + 4, at + 8 + length);
    if (crc32(typed) !== file.readUInt32BE(at + 8 + length)) throw new Error(`checksum of the chunk at ${String(at)}`);
    chunks.push({ type: typed.toString('latin1', 0, 4), body: typed.subarray(4) });
    at += length + 12;
  }
  const order = chunks.map(({ type }) => type).join(' ');
  if (at !== file.length || !/^IHDR( IDAT)+ IEND$/.test(order)) throw new Error(`chunks: ${order}`);
  const header = chunks[0]?.body ?? Buffer.alloc(0);
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  // inflateSync checks the Adler-32 at the end of the zlib stream.
  const rows = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ body }) => body)));
  if (rows.length !== (1 + width * 3) * height) throw new Error(`${String(rows.length)} bytes of rows`);
  return {
    width,
    height,
    bitDepth: header[8] ?? 0,
    colorType: header[9] ?? 0,
    interlaced: header[12] !== 0,
    pixels: unfilter(rows, width * 3, height),
  };
}

function unfilter(rows: Buffer, rowBytes: number, height: number): Buffer {
  const pixels = Buffer.alloc(rowBytes * height);
  for (let row = 0; row < height; row += 1) {
    const from = row * (rowBytes + 1) + 1;
    const to = row * rowBytes;
    const filter = rows[from - 1] ?? 0;
    if (filter > 4) throw new Error(`filter ${String(filter)} in row ${String(row)}`);
    if (filter === 0) {
      rows.copy(pixels, to, from, from + rowBytes);
      continue;
    }
    for (let index = 0; index < rowBytes; index += 1) {
      const left = index < 3 ? 0 : (pixels[to + index - 3] ?? 0);
      const up = row === 0 ? 0 : (pixels[to + index - rowBytes] ?? 0);
      const corner = index < 3 || row === 0 ? 0 : (pixels[to + index - rowBytes - 3] ?? 0);
      pixels[to + index] = (rows[from + index] ?? 0) + predict(filter, left, up, corner);
    }
  }
  return pixels;
}

function predict(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return Math.floor((left + up) / 2);
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}
