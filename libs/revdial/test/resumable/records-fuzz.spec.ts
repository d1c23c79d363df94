import fc from 'fast-check';
import { PIPE_CLOSE_CODES } from '../../src/carrier/byte-pipe.js';
import type { PipeCloseCode } from '../../src/carrier/byte-pipe.js';
import {
  RecordReader,
  RecordViolation,
  ackRecord,
  closeRecord,
  dataHeader,
  drainRecord,
  pingRecord,
  pongRecord,
} from '../../src/resumable/record-codec.js';
import { ResumableLink } from '../../src/resumable/resumable-link.js';
import { ManualClock } from '../support/manual-clock.js';
import { memoryCarriers } from '../support/memory-carriers.js';
import { RecordingReceiver } from '../support/recording-receiver.js';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 1_500);
const LIMIT_MS = 3_600_000;

/** What a reader says, with data joined: where it was cut does not count. */
function readAll(chunks: readonly Buffer[]): { readonly said: string[]; readonly isViolation: boolean } {
  const said: string[] = [];
  let data = '';
  const flush = (): void => {
    if (data !== '') said.push(`data ${data}`);
    data = '';
  };
  const say = (text: string): void => {
    flush();
    said.push(text);
  };
  const reader = new RecordReader({
    onData: (bytes) => (data += bytes.toString('hex')),
    onAck: (offset) => say(`ack ${String(offset)}`),
    onPing: (payload) => say(`ping ${payload.toString('hex')}`),
    onPong: (payload) => say(`pong ${payload.toString('hex')}`),
    onClose: (code, reason) => say(`close ${code} ${reason}`),
    onDrain: (withinMs) => say(`drain ${String(withinMs)}`),
  });
  let isViolation = false;
  try {
    for (const chunk of chunks) reader.push(chunk);
  } catch (error) {
    if (!(error instanceof RecordViolation)) throw error;
    isViolation = true;
  }
  flush();
  return { said, isViolation };
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const sentCodes = (Object.keys(PIPE_CLOSE_CODES) as PipeCloseCode[]).filter((code) => code !== 'lost');
const bytes = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((b) => Buffer.from(b));
const eight = bytes(8, 8);

/** A good record, and what it says. */
const goodRecord = fc.oneof(
  bytes(1, 300).map((data) => ({
    bytes: Buffer.concat([dataHeader(data.length), data]),
    says: `data ${data.toString('hex')}`,
  })),
  fc.maxSafeNat().map((offset) => ({ bytes: ackRecord(offset), says: `ack ${String(offset)}` })),
  fc.nat().map((n) => ({ bytes: pingRecord(n), says: `ping ${n.toString(16).padStart(16, '0')}` })),
  eight.map((payload) => ({ bytes: pongRecord(payload), says: `pong ${payload.toString('hex')}` })),
  fc.nat(0xffffffff).map((ms) => ({ bytes: drainRecord(ms), says: `drain ${String(ms)}` })),
  fc.tuple(fc.integer({ min: 0x80, max: 0xff }), bytes(0, 100)).map(([type, payload]) => ({
    bytes: Buffer.concat([Buffer.from([type, 0, 0, payload.length]), payload]),
    says: '',
  })),
);

/** Any header, true or not, and something behind it. */
const anyRecord = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.nat(255)), fc.oneof(fc.nat(12), fc.nat(0xffffff)), bytes(0, 40))
  .map(([type, length, payload]) => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(type * 0x1000000 + length);
    return Buffer.concat([header, payload]);
  });
const sizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 });

describe('RecordReader', () => {
  it(
    'reads what was written, however it is cut',
    () => {
      fc.assert(
        fc.property(fc.array(goodRecord, { maxLength: 12 }), sizes, (records, at) => {
          const whole = Buffer.concat(records.map((record) => record.bytes));
          const expected: string[] = [];
          for (const { says } of records) {
            if (says === '') continue;
            const last = expected.at(-1);
            if (says.startsWith('data') && last?.startsWith('data') === true)
              expected[expected.length - 1] = last + says.slice(5);
            else expected.push(says);
          }
          expect(readAll(cut(whole, at))).toEqual({ said: expected, isViolation: false });
        }),
        { numRuns },
      );
    },
    LIMIT_MS,
  );

  it(
    'reads CLOSE with any reason, cut between characters, and nothing behind it',
    () => {
      fc.assert(
        fc.property(fc.constantFrom(...sentCodes), fc.string({ unit: 'grapheme', maxLength: 300 }), (code, reason) => {
          const { said } = readAll([closeRecord(code, reason), pingRecord(1)]);
          expect(said).toHaveLength(1);
          const heard = said[0]?.slice(`close ${code} `.length) ?? '';
          expect(said[0]?.startsWith(`close ${code} `)).toBe(true);
          expect(Buffer.from(reason).toString().startsWith(heard)).toBe(true);
        }),
        { numRuns },
      );
    },
    LIMIT_MS,
  );

  it(
    'says the same of any bytes in whatever chunks: it reads or refuses',
    () => {
      const noise = fc.oneof(
        bytes(0, 200),
        fc
          .array(
            fc.oneof(
              anyRecord,
              goodRecord.map((r) => r.bytes),
            ),
            { maxLength: 6 },
          )
          .map((parts) => Buffer.concat(parts)),
      );
      fc.assert(
        fc.property(noise, sizes, (whole, at) => {
          expect(readAll(cut(whole, at))).toEqual(readAll([whole]));
        }),
        { numRuns },
      );
    },
    LIMIT_MS,
  );

  it.each([
    ['an unknown type', [0x00, 0, 0, 0]],
    ['an unknown type below those that are skipped', [0x07, 0, 0, 1, 0]],
    ['empty data', [0x01, 0, 0, 0]],
    ['data that is too long', [0x01, 2, 0, 1]],
    ['an ACK of four bytes', [0x02, 0, 0, 4]],
    ['a PING of nine bytes', [0x03, 0, 0, 9]],
    ['a CLOSE without a code', [0x05, 0, 0, 1]],
    ['a CLOSE with a reason that is too long', [0x05, 0, 1, 2]],
    ['a CLOSE with the code of a lost carrier', [0x05, 0, 0, 2, 0, 1]],
    ['a record of a later version that is too long', [0x80, 2, 0, 9]],
  ])('refuses %s', (_what, record) => {
    expect(readAll([Buffer.from(record)])).toEqual({ said: [], isViolation: true });
  });
});

describe('ResumableLink', () => {
  it(
    'ends with a protocol violation at anything else than records that can be true',
    async () => {
      const part = fc.oneof(
        anyRecord,
        goodRecord.map((r) => r.bytes),
      );
      const property = fc.asyncProperty(
        fc.constantFrom('agent' as const, 'server' as const),
        fc.array(part, { maxLength: 8 }),
        async (role, parts) => {
          const clock = new ManualClock();
          const link = new ResumableLink({ role, clock });
          const receiver = new RecordingReceiver();
          link.start(receiver);
          const [near, far] = memoryCarriers(true);
          const atPeer = new RecordingReceiver();
          far.start(atPeer);
          link.attach(near, 0);
          link.write([Buffer.from('ten bytes.')]);
          const input = Buffer.concat(parts);
          const { said, isViolation } = readAll([input]);
          far.write([input]);
          far.deliver();
          near.deliver();
          await new Promise((resolve) => setImmediate(resolve));
          const code = receiver.end?.code;
          if (isViolation) expect(code).toBeDefined();
          if (code === 'protocol-violation') {
            const close = readAll([atPeer.bytes]).said.at(-1);
            expect(close).toMatch(/^close protocol-violation .+/);
          } else if (code === undefined)
            expect(receiver.byteCount).toBe(
              said
                .filter((text) => text.startsWith('data'))
                .join('')
                .replaceAll('data ', '').length / 2,
            );
          link.destroy('done');
          await new Promise((resolve) => setImmediate(resolve));
          expect(receiver.ends).toHaveLength(1);
          expect(clock.linkCount).toBe(0);
        },
      );
      await fc.assert(property, { numRuns: Math.ceil(numRuns / 6) });
    },
    LIMIT_MS,
  );

  it.each([
    ['an ACK of more than was sent', ackRecord(11)],
    ['an ACK that takes back', Buffer.concat([ackRecord(10), ackRecord(9)])],
  ])('does not believe %s', async (_what, input) => {
    const link = new ResumableLink({ role: 'server', clock: new ManualClock() });
    const receiver = new RecordingReceiver();
    link.start(receiver);
    const [near, far] = memoryCarriers();
    far.start(new RecordingReceiver());
    link.attach(near, 0);
    link.write([Buffer.from('ten bytes.')]);
    far.write([input]);
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.ends).toMatchObject([{ code: 'protocol-violation', byPeer: false }]);
  });

  it('answers the latest of pings that come faster than it can answer, and holds no others', async () => {
    const link = new ResumableLink({ role: 'server', clock: new ManualClock() });
    link.start(new RecordingReceiver());
    const [near, far] = memoryCarriers(true);
    const atPeer = new RecordingReceiver();
    far.start(atPeer);
    link.attach(near, 0);
    link.write([Buffer.alloc(70_000)]);
    far.write(Array.from({ length: 10_000 }, (_, n) => pingRecord(n)));
    far.deliver();
    expect(near.waitingBytes).toBeLessThan(140_000);
    near.deliver();
    near.deliver();
    await new Promise((resolve) => setImmediate(resolve));
    expect(readAll([atPeer.bytes]).said.at(-1)).toMatch(/^(?:pong 000000000000270f|data)/);
  });
});
