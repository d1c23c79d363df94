import { deflateSync } from 'node:zlib';
import { adler32, combineAdler32 } from './png-chunk.js';

const zlibAdler32 = (bytes: Buffer): number => deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);

const sample = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, index) => (index * 151 + 77) % 256));

describe('adler32', () => {
  it.each([0, 1, 3799, 3800, 3801, 70_000])('agrees with zlib for %i bytes', (length) => {
    expect(adler32(sample(length))).toBe(zlibAdler32(sample(length)));
  });

  it('agrees with zlib for the bytes that make the sums largest', () => {
    const bytes = Buffer.alloc(200_000, 255);
    expect(adler32(bytes)).toBe(zlibAdler32(bytes));
  });

  it.each([0, 1, 65_520, 65_521, 131_072])(
    'of two pieces follows from those of the pieces, second of %i bytes',
    (length) => {
      const first = sample(9999);
      const second = sample(length).reverse();
      const combined = combineAdler32(adler32(first), adler32(second), second.length);
      expect(combined).toBe(adler32(Buffer.concat([first, second])));
    },
  );
});
