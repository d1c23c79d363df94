import { seededRandom } from '@helix/revdial/testing';
import {
  DialAnswerReader,
  encodeConnected,
  encodeRefusal,
  DIAL_REFUSAL_CODES,
  DialViolation,
  encodePreamble,
  PreambleReader,
} from './dial-codec.js';
import type { ReadDialAnswer, DialRefusalCode, ReadPreamble } from './dial-codec.js';
import { DIAL_REASON_MAX_BYTES, DIAL_TARGET_MAX_BYTES } from './limits.js';

/** Feeds bytes in pieces until the reader has its result. */
function feed<T>(reader: { push(bytes: Buffer): T | undefined }, bytes: Buffer, sizeOf: () => number): T | undefined {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + sizeOf());
    const result = reader.push(bytes.subarray(at, end));
    if (result !== undefined) return result;
    at = end;
  }
  return undefined;
}

describe('the preamble of a stream', () => {
  it('has the bytes of docs/protocol.md', () => {
    expect(encodePreamble({ target: 'wolf-7', streamClass: 'interactive' }).toString('hex')).toBe(
      '01000006776f6c662d37',
    );
    expect(encodePreamble({ target: 'wolf-7', streamClass: 'bulk' }).toString('hex')).toBe('01010006776f6c662d37');
  });

  it('is read from one piece with payload behind it and from single bytes', () => {
    const bytes = Buffer.concat([encodePreamble({ target: 'wolf-ü', streamClass: 'bulk' }), Buffer.from('GET')]);
    expect(new PreambleReader().push(bytes)).toEqual({
      preamble: { target: 'wolf-ü', streamClass: 'bulk' },
      rest: Buffer.from('GET'),
    });
    expect(feed<ReadPreamble>(new PreambleReader(), bytes, () => 1)).toMatchObject({
      preamble: { target: 'wolf-ü', streamClass: 'bulk' },
    });
  });

  it.each([
    ['another version', Buffer.from([2])],
    ['an empty target', Buffer.from([1, 0, 0, 0])],
    ['a target that is too long', Buffer.from([1, 0, 0, DIAL_TARGET_MAX_BYTES + 1])],
    ['a target that is not UTF-8', Buffer.from([1, 0, 0, 1, 0xff])],
  ])('is refused with %s', (_title, bytes) => {
    expect(() => new PreambleReader().push(bytes)).toThrow(DialViolation);
  });
});

describe('the answer to a dial', () => {
  it('returns the bytes that follow it', () => {
    const bytes = Buffer.concat([encodeConnected(), Buffer.from('HTTP')]);
    expect(new DialAnswerReader().push(bytes)).toEqual({ answer: 'connected', rest: Buffer.from('HTTP') });
  });

  it.each(Object.keys(DIAL_REFUSAL_CODES) as DialRefusalCode[])('carries the refusal %s in any pieces', (code) => {
    const bytes = encodeRefusal({ code, reason: 'connect ECONNREFUSED /run/wolf.sock' });
    expect(feed<ReadDialAnswer>(new DialAnswerReader(), bytes, () => 3)).toEqual({
      answer: 'refused',
      refusal: { code, reason: 'connect ECONNREFUSED /run/wolf.sock' },
    });
  });

  it('cuts a reason between two characters', () => {
    const bytes = encodeRefusal({ code: 'other', reason: 'ü'.repeat(300) });
    expect(new DialAnswerReader().push(bytes)).toEqual({
      answer: 'refused',
      refusal: { code: 'other', reason: 'ü'.repeat(DIAL_REASON_MAX_BYTES / 2) },
    });
  });

  it('reads an unknown code as other, and refuses unknown first bytes', () => {
    expect(new DialAnswerReader().push(Buffer.from([1, 0, 99, 0, 0]))).toMatchObject({ refusal: { code: 'other' } });
    expect(() => new DialAnswerReader().push(Buffer.from([2]))).toThrow(DialViolation);
    expect(() => new DialAnswerReader().push(Buffer.from([1, 0, 1, 0xff, 0xff]))).toThrow(DialViolation);
  });
});

it('noise gives a result, a violation or nothing yet', () => {
  const random = seededRandom(7);
  const sizeOf = (): number => 1 + Math.floor(random() * 9);
  for (let round = 0; round < 1000; round += 1) {
    const noise = Buffer.from(Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * 256)));
    if (round % 2 === 0 && noise.length > 3) Buffer.from([1, 0, 0, noise[3] ?? 0]).copy(noise);
    for (const reader of [new PreambleReader(), new DialAnswerReader()]) {
      try {
        feed<unknown>(reader, noise, sizeOf);
      } catch (error) {
        expect(error).toBeInstanceOf(DialViolation);
      }
    }
  }
});
