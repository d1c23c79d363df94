import { randomBytes } from 'node:crypto';
import { unmask } from './websocket-frame.js';

describe('unmask', () => {
  it.each([0, 1, 3, 4, 63, 64, 65, 67, 130, 1000])('undoes the mask of %i bytes wherever they lie', (length) => {
    const key = Buffer.from([0x11, 0x82, 0x3c, 0xf5]);
    for (let start = 0; start < 5; start += 1) {
      for (let phase = 0; phase < 5; phase += 1) {
        const bytes = randomBytes(start + length + 3);
        const expected = Buffer.from(bytes);
        for (let n = 0; n < length; n += 1) {
          expected[start + n] = (expected[start + n] ?? 0) ^ (key[(phase + n) % 4] ?? 0);
        }
        unmask(bytes, start, start + length, key, phase);
        expect(bytes.equals(expected)).toBe(true);
      }
    }
  });
});
