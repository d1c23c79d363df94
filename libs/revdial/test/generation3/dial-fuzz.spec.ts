import fc from 'fast-check';
import {
  DIAL_REFUSAL_CODES,
  encodeConnected,
  encodeRefusal,
  DialAnswerReader,
  DialViolation,
  encodePreamble,
  PreambleReader,
} from '../../src/dial/dial-codec.js';
import type { DialRefusalCode } from '../../src/dial/dial-codec.js';
import {
  formatLinkGrant,
  formatResumption,
  parseLinkGrant,
  parseReceived,
  parseResumption,
} from '../../src/resumable/resumption.js';
import type { ReadHeaders } from '../../src/resumable/resumption.js';

/** A nightly run sets FUZZ_RUNS=1000000. */
const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1_000);

/** What a reader says of bytes in these pieces: its first result, what it left of them, or its refusal. */
function read(reader: { push(bytes: Buffer): object | undefined }, pieces: readonly Buffer[]): unknown {
  try {
    for (const [index, piece] of pieces.entries()) {
      const result = reader.push(piece);
      if (result === undefined) continue;
      // Nothing follows a refusal.
      if (!('rest' in result)) return result;
      const left = Buffer.concat([result.rest as Buffer, ...pieces.slice(index + 1)]);
      return { ...result, rest: left.toString('hex') };
    }
    return 'more';
  } catch (error) {
    if (error instanceof DialViolation) return 'violation';
    throw error;
  }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const borders = [
    0,
    ...at.map((place) => place % (bytes.length + 1)).toSorted((one, other) => one - other),
    bytes.length,
  ];
  return borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
}

const cuts = fc.array(fc.nat(300), { maxLength: 6 });
const rest = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const anything = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  // As it begins when it is right, so that what follows is reached.
  fc
    .tuple(fc.constantFrom(0, 1), fc.nat(3), fc.nat(300), fc.uint8Array({ maxLength: 300 }))
    .map(([first, second, length, bytes]) =>
      Buffer.concat([Buffer.of(first, second, length >> 8, length & 0xff), bytes]),
    ),
);

describe('the decoders of a dial', () => {
  it('read every preamble that can be written, however it is cut, and leave the rest alone', () => {
    const target = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => Buffer.byteLength(text) <= 128);
    fc.assert(
      fc.property(target, fc.constantFrom('interactive', 'bulk'), rest, cuts, (name, streamClass, behind, at) => {
        const bytes = Buffer.concat([encodePreamble({ target: name, streamClass }), behind]);
        expect(read(new PreambleReader(), cut(bytes, at))).toEqual({
          preamble: { target: Buffer.from(name).toString(), streamClass },
          rest: behind.toString('hex'),
        });
      }),
      { numRuns },
    );
  });

  it('read every answer that can be written, however it is cut', () => {
    const codes = fc.constantFrom(...(Object.keys(DIAL_REFUSAL_CODES) as DialRefusalCode[]));
    fc.assert(
      fc.property(codes, fc.string({ unit: 'grapheme', maxLength: 300 }), rest, cuts, (code, reason, behind, at) => {
        const refused = read(new DialAnswerReader(), cut(encodeRefusal({ code, reason }), at));
        expect(refused).toMatchObject({ answer: 'refused', refusal: { code } });
        const connected = Buffer.concat([encodeConnected(), behind]);
        expect(read(new DialAnswerReader(), cut(connected, at))).toEqual({
          answer: 'connected',
          rest: behind.toString('hex'),
        });
      }),
      { numRuns },
    );
  });

  it('say the same of any bytes whether they come whole or in pieces', () => {
    fc.assert(
      fc.property(anything, cuts, (bytes, at) => {
        expect(read(new PreambleReader(), cut(bytes, at))).toEqual(read(new PreambleReader(), [bytes]));
        expect(read(new DialAnswerReader(), cut(bytes, at))).toEqual(read(new DialAnswerReader(), [bytes]));
      }),
      { numRuns },
    );
  });
});

describe('the headers of a link', () => {
  const NAMES = [
    'revdial-link',
    'revdial-secret',
    'revdial-hold-ms',
    'revdial-resume',
    'revdial-attempt',
    'revdial-proof',
    'revdial-received',
  ];
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
  const linkId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const count = fc.maxSafeNat();

  it('are read as they were written', () => {
    fc.assert(
      fc.property(linkId, bytes32, count, count, (id, secret, number, received) => {
        const grant = { linkId: id, secret, holdMs: number };
        expect(parseLinkGrant(small(formatLinkGrant(grant)))).toEqual(grant);
        expect(parseResumption(small(formatResumption(grant, number, received)))).toMatchObject({
          linkId: id,
          attempt: number,
          received,
        });
      }),
      { numRuns },
    );
  });

  it('are taken or refused whatever they hold, and never half', () => {
    const value = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.constantFrom('0', '00', '-1', '1e3', '9007199254740993', ' 1'),
      linkId,
    );
    const headers = fc.dictionary(fc.constantFrom(...NAMES), value);
    fc.assert(
      fc.property(headers, (some) => {
        const grant = parseLinkGrant(some);
        if (grant !== undefined) expect(small(formatLinkGrant(grant))).toMatchObject(pick(some, NAMES.slice(0, 3)));
        const resumption = parseResumption(some);
        if (some['revdial-resume'] === undefined) expect(resumption).toBe('absent');
        else if (resumption !== undefined) expect(resumption).toMatchObject({ linkId: some['revdial-resume'] });
        const received = parseReceived(some);
        if (received !== undefined) expect(String(received)).toBe(some['revdial-received']);
      }),
      { numRuns },
    );
  });

  function small(headers: Readonly<Record<string, string>>): ReadHeaders {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  }

  function pick(
    headers: Readonly<Record<string, string>>,
    names: readonly string[],
  ): Record<string, string | undefined> {
    return Object.fromEntries(names.map((name) => [name, headers[name]]));
  }
});
