import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

const ROW_BYTES = 1023;

/** A grey PNG of noise, which does not compress: about as many KiB as asked for, the same in each run. */
export function noisePng(kib: number): Buffer {
  const rows = Array.from({ length: kib }, (_, row) => {
    const noise = createHash('shake256', { outputLength: ROW_BYTES }).update(String(row)).digest();
    return Buffer.concat([Buffer.of(0), noise]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(ROW_BYTES, 0);
  header.writeUInt32BE(kib, 4);
  // Eight bits of grey.
  header[8] = 8;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(body.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}
