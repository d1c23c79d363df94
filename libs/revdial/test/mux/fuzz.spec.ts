import fc from 'fast-check';
import { Multiplexer } from '@helix/revdial';
import type { MuxStream } from '@helix/revdial';
import { ACK, DATA, FIN, GO_AWAY, PING, RST, SYN, WINDOW_UPDATE, frame } from './support/frames.js';
import { ScriptedPipe, turn } from './support/scripted-pipe.js';

/** A nightly run sets FUZZ_RUNS=1000000. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 400);
const PARAMETERS: fc.Parameters<unknown> = { numRuns: RUNS };
const TIME_LIMIT_MS = Math.max(30_000, RUNS * 10);
const UNREAD_MAX_BYTES = 600_000;
const STREAMS_MAX_COUNT = 8;

interface Run {
  readonly pipe: ScriptedPipe;
  readonly mux: Multiplexer;
  readonly accepted: MuxStream[];
  readonly ends: string[];
}

/** A server that a fuzzed client talks to. Two streams of its own are open, so that even ids mean something. */
async function start(): Promise<Run> {
  const pipe = new ScriptedPipe();
  const accepted: MuxStream[] = [];
  const ends: string[] = [];
  const mux = new Multiplexer(pipe, {
    role: 'server',
    limits: { streamsMaxCount: STREAMS_MAX_COUNT, linkUnreadMaxBytes: UNREAD_MAX_BYTES },
    onStream: (stream) => accepted.push(stream.on('error', () => undefined)),
    onClosed: ({ code }) => ends.push(code),
  });
  for (const text of ['one', 'two'])
    mux
      .openStream({ class: 'bulk' })
      .on('error', () => undefined)
      .write(text);
  await turn();
  pipe.takeBytes();
  return { pipe, mux, accepted, ends };
}

/** What holds whatever was received: it ended with a code and said so, or goes on within its bounds. */
function checkInvariants({ pipe, mux, ends }: Run): void {
  const { streamsOpen, unreadBytes } = mux.stats;
  expect(unreadBytes).toBeGreaterThanOrEqual(0);
  expect(unreadBytes).toBeLessThanOrEqual(UNREAD_MAX_BYTES);
  expect(streamsOpen).toBeLessThanOrEqual(STREAMS_MAX_COUNT + 2);
  if (pipe.end === undefined) {
    expect(ends).toEqual([]);
    return;
  }
  expect(ends).toEqual([pipe.end.code]);
  expect(['protocol-violation', 'limit', 'internal']).toContain(pipe.end.code);
  expect(streamsOpen).toBe(0);
  // `internal` is for the peer's own GO_AWAY: no frame makes the code here fail.
  if (pipe.end.code === 'internal') expect(String(pipe.end.cause)).toMatch(/^the peer sent GO_AWAY/);
  expect(pipe.takeFrames().at(-1)?.type).toBe(GO_AWAY);
}

/** Mostly small, sometimes at an edge. */
const streamId = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 12 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 20_001, 0xfffffffe, 0xffffffff) },
);
const flags = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(0, SYN, SYN, SYN, ACK, FIN, RST) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 15 }) },
  { weight: 1, arbitrary: fc.constantFrom(16, 0x8000, 0xffff) },
);
const payload = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 300 }) },
  { weight: 2, arbitrary: fc.constantFrom(65_536, 131_072, 262_144, 262_145) },
);
const anyFrame: fc.Arbitrary<Buffer> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(flags, streamId, payload).map(([flag, id, size]) => frame(DATA, flag, id, Buffer.alloc(size))),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(flags, streamId, fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(262_144, 0xffffffff)))
      .map(([flag, id, delta]) => frame(WINDOW_UPDATE, flag, id, delta)),
  },
  { weight: 2, arbitrary: fc.constantFrom(SYN, ACK).map((flag) => frame(PING, flag, 0, 5)) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0, 1, 2, 99).map((code) => frame(GO_AWAY, 0, 0, code)) },
);

type Step =
  | { readonly kind: 'receive'; readonly bytes: Buffer }
  | { readonly kind: 'open' | 'allow' | 'block' | 'turn' }
  | { readonly kind: 'write' | 'read' | 'end' | 'destroy' | 'flow' | 'pause'; readonly at: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: anyFrame.map((bytes) => ({ kind: 'receive', bytes }) as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('write', 'read', 'end', 'destroy', 'flow', 'pause'),
      at: fc.nat({ max: 7 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open', 'allow', 'block', 'turn', 'turn') }) },
);

async function take(run: Run, action: Step): Promise<void> {
  const { pipe, mux, accepted } = run;
  const stream = 'at' in action ? accepted[action.at] : undefined;
  switch (action.kind) {
    case 'receive':
      pipe.receive(action.bytes);
      break;
    case 'open':
      mux.openStream({ class: 'interactive' }).on('error', () => undefined);
      break;
    case 'allow':
      if (pipe.end === undefined) pipe.allow(64 * 1024);
      break;
    case 'block':
      pipe.writableBytes = 0;
      break;
    case 'turn':
      await turn();
      break;
    case 'write':
      if (stream?.writable === true) stream.write('answer');
      break;
    case 'read':
      stream?.read();
      break;
    case 'end':
      if (stream?.writable === true) stream.end();
      break;
    case 'destroy':
      stream?.destroy();
      break;
    case 'flow':
      stream?.resume();
      break;
    case 'pause':
      stream?.pause();
      break;
    default:
      action satisfies never;
  }
}

describe('a multiplexer survives', () => {
  it(
    'any bytes, cut anywhere',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), async (pieces) => {
          const run = await start();
          for (const piece of pieces) run.pipe.receive(Buffer.from(piece));
          checkInvariants(run);
          run.mux.destroy('done');
        }),
        PARAMETERS,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    'frames in any order, with any use of the streams between them',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const run = await start();
          for (const action of steps) {
            await take(run, action);
            if (run.pipe.end !== undefined) break;
          }
          checkInvariants(run);
          run.mux.destroy('done');
        }),
        PARAMETERS,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    'frames of which some bytes were changed',
    async () => {
      const changes = fc.array(fc.tuple(fc.nat({ max: 2_000 }), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 20 }), changes, async (frames, changed) => {
          const run = await start();
          const bytes = Buffer.concat(frames);
          for (const [at, value] of changed) bytes[at % bytes.length] = value;
          run.pipe.receive(bytes);
          checkInvariants(run);
          run.mux.destroy('done');
        }),
        PARAMETERS,
      );
    },
    TIME_LIMIT_MS,
  );

  it(
    'every way to cut the same bytes alike',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(anyFrame, { minLength: 1, maxLength: 12 }),
          fc.integer({ min: 1, max: 40 }),
          async (frames, size) => {
            const bytes = Buffer.concat(frames).subarray(0, 20_000);
            const [whole, cut] = [await start(), await start()];
            whole.pipe.receive(bytes);
            for (let at = 0; at < bytes.length; at += size) cut.pipe.receive(bytes.subarray(at, at + size));
            await turn();
            expect(cut.pipe.end?.code).toBe(whole.pipe.end?.code);
            expect(cut.mux.stats).toEqual(whole.mux.stats);
            expect(cut.accepted.map(({ id }) => id)).toEqual(whole.accepted.map(({ id }) => id));
            for (const { mux } of [whole, cut]) mux.destroy('done');
          },
        ),
        { numRuns: Math.ceil(RUNS / 5) },
      );
    },
    TIME_LIMIT_MS,
  );
});
