import fc from 'fast-check';
import { turn } from '../mux/support/scripted-pipe.js';
import { HTTP_READERS, RAW_READERS } from './byte-readers.js';
import type { Pace, WhatCame } from './byte-readers.js';
import { BYTE_SOURCES } from './byte-sources.js';
import type { ByteSource } from './byte-sources.js';

/** A nightly run sets FUZZ_RUNS=1000000. */
const RUNS = Math.min(100_000, Number(process.env['FUZZ_RUNS'] ?? 60));
const TIME_LIMIT_MS = Math.max(30_000, RUNS * 100);
const HANG_LIMIT_MS = 1_000;

interface Piece {
  readonly byteCount: number;
  /** Turns of the event loop before the next one. */
  readonly turnCount: number;
}

interface Script {
  readonly seed: number;
  readonly pieces: readonly Piece[];
  readonly ending: 'fin' | 'fin-with-last' | 'reset';
  readonly restTurns: number;
  readonly restEvery: number;
}

const script: fc.Arbitrary<Script> = fc.record({
  seed: fc.nat(1000),
  pieces: fc.array(
    fc.record({
      byteCount: fc.oneof(
        fc.constantFrom(0, 1),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 300, max: 20_000 }),
      ),
      turnCount: fc.oneof(fc.constant(0), fc.nat(2)),
    }),
    { maxLength: 12 },
  ),
  ending: fc.constantFrom('fin', 'fin-with-last', 'reset'),
  restTurns: fc.nat(2),
  restEvery: fc.integer({ min: 1, max: 4 }),
});

/** Bytes that are wrong in any other order. */
function pattern(byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  for (let at = 0; at < byteCount; at += 1) bytes[at] = (at * 31 + (at >> 8) * 17 + (at >> 16)) & 0xff;
  return bytes;
}

async function play(source: ByteSource, bytes: Buffer, { pieces, ending }: Script): Promise<void> {
  let at = 0;
  for (const [index, { byteCount, turnCount }] of pieces.entries()) {
    const piece = bytes.subarray(at, (at += byteCount));
    const isLast = index === pieces.length - 1;
    if (isLast && ending === 'fin-with-last') {
      source.fin(piece);
      return;
    }
    source.deliver(piece);
    for (let count = 0; count < turnCount; count += 1) await turn();
  }
  if (ending === 'reset') source.reset();
  else source.fin(Buffer.alloc(0));
}

function paceOf({ restTurns, restEvery }: Script): Pace {
  return (pieceCount) => (pieceCount % restEvery === 0 ? restTurns : 0);
}

async function withinLimit(came: Promise<WhatCame>): Promise<WhatCame> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the reader hangs')), HANG_LIMIT_MS);
  });
  try {
    return await Promise.race([came, hang]);
  } finally {
    clearTimeout(timer);
  }
}

function sumOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteCount }) => sum + byteCount, 0);
}

const RAW_CASES = Object.keys(BYTE_SOURCES).flatMap((source) =>
  Object.keys(RAW_READERS).map((reader) => ({ source, reader })),
);

describe.each(RAW_CASES)('$source, read by $reader', ({ source, reader }) => {
  it(
    'gives a prefix of what was sent, whole with the end, and no end after a cut',
    async () => {
      await fc.assert(
        fc.asyncProperty(script, async (played) => {
          const bytes = pattern(sumOf(played.pieces));
          const from = await BYTE_SOURCES[source]!(played.seed);
          try {
            const came = withinLimit(RAW_READERS[reader]!(from.stream, paceOf(played)));
            const [{ bytes: read, isWhole }] = await Promise.all([came, play(from, bytes, played)]);
            expect(isWhole).toBe(played.ending !== 'reset');
            expect(read.equals(bytes.subarray(0, read.length))).toBe(true);
            if (isWhole) expect(read.length).toBe(bytes.length);
          } finally {
            from.close();
          }
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    TIME_LIMIT_MS,
  );
});

type Framing = 'length' | 'chunked' | 'end';

function answerOf(framing: Framing, isKept: boolean, body: Buffer): Buffer {
  const head = (lines: string): Buffer =>
    Buffer.from(`HTTP/1.1 200 OK\r\n${lines}Connection: ${isKept ? 'keep-alive' : 'close'}\r\n\r\n`);
  switch (framing) {
    case 'length':
      return Buffer.concat([head(`Content-Length: ${String(body.length)}\r\n`), body]);
    case 'chunked':
      return Buffer.concat([
        head('Transfer-Encoding: chunked\r\n'),
        ...(body.length === 0 ? [] : [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')]),
        Buffer.from('0\r\n\r\n'),
      ]);
    case 'end':
      return Buffer.concat([head(''), body]);
  }
}

const HTTP_CASES = Object.keys(BYTE_SOURCES).flatMap((source) =>
  Object.keys(HTTP_READERS).map((reader) => ({ source, reader })),
);

describe.each(HTTP_CASES)('an answer over $source, read by $reader', ({ source, reader }) => {
  it(
    'is the answer that was sent, or is told to be cut',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          script,
          fc.constantFrom<Framing>('length', 'chunked', 'end'),
          fc.boolean(),
          fc.oneof(fc.nat(300), fc.nat(90_000)),
          fc.oneof(fc.constant(0), fc.nat(400)),
          async (played, framing, isKept, bodyBytes, missingBytes) => {
            const body = pattern(bodyBytes);
            const answer = answerOf(framing, isKept && framing !== 'end', body);
            const sent = answer.subarray(0, Math.max(0, answer.length - missingBytes));
            const from = await BYTE_SOURCES[source]!(played.seed);
            try {
              const came = withinLimit(HTTP_READERS[reader]!(from.stream, paceOf(played)));
              await turn();
              // What the pieces of the script leave is the last one.
              const left = sent.length - sumOf(played.pieces);
              const pieces = left > 0 ? [...played.pieces, { byteCount: left, turnCount: 0 }] : played.pieces;
              const [{ bytes: read, isWhole }] = await Promise.all([came, play(from, sent, { ...played, pieces })]);
              expect(read.equals(body.subarray(0, read.length))).toBe(true);
              const headBytes = answerOf(framing, isKept && framing !== 'end', Buffer.alloc(0)).length;
              const isWholeSent = framing === 'end' ? sent.length >= headBytes : missingBytes === 0;
              const bodySent = framing === 'end' ? sent.length - headBytes : bodyBytes;
              if (isWhole) expect([isWholeSent, read.length]).toEqual([true, bodySent]);
              // A cut behind a whole answer changes nothing of it for a reader that is told of what came first.
              else if (played.ending !== 'reset') expect(isWholeSent).toBe(false);
            } finally {
              from.close();
            }
          },
        ),
        { numRuns: RUNS, endOnFailure: true },
      );
    },
    TIME_LIMIT_MS,
  );
});
