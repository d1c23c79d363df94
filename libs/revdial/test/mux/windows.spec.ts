import { once } from 'node:events';
import { Multiplexer, RESET_CODES } from '@helix/revdial';
import type { MuxStream } from '@helix/revdial';
import { eventually } from '@helix/pacing/testing';
import { memoryPipePair } from '@helix/revdial/testing';
import { DATA, RST, SYN, frame } from './support/frames.js';
import { MuxPair, echo } from './support/mux-pair.js';
import { ScriptedPipe, turn } from './support/scripted-pipe.js';
import { readAll } from './support/stream-outcome.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('windows', () => {
  /** Over a pipe with a round trip of 10 ms. */
  async function fetchThrough(limits: object, streamCount: number): Promise<number[]> {
    const pair = new MuxPair(memoryPipePair({ latencyMs: 5 }), {
      opener: { limits },
      acceptor: { onStream: (stream) => void stream.on('error', () => undefined).end(Buffer.alloc(6 * MIB)) },
    });
    const sizes = Array.from({ length: streamCount }, async () => {
      const stream = pair.open('bulk');
      let mostBytes = 0;
      stream.on('data', () => (mostBytes = Math.max(mostBytes, stream.receiveWindowBytes)));
      await once(stream, 'end');
      return mostBytes;
    });
    const result = await Promise.all(sizes);
    await pair.end();
    return result;
  }

  it('grow on a long way, up to the most of a stream', async () => {
    const [size] = await fetchThrough({ streamWindowMaxBytes: 512 * KIB }, 1);
    expect(size).toBe(512 * KIB);
  });

  it('grow no more than the link allows all of them', async () => {
    const sizes = await fetchThrough({ linkWindowExtraMaxBytes: MIB }, 4);
    expect(sizes.reduce((sum, size) => sum + size - 256 * KIB, 0)).toBeLessThanOrEqual(MIB);
    expect(Math.max(...sizes)).toBeGreaterThan(256 * KIB);
  });

  it('give back to the link what they had grown by', async () => {
    const pair = new MuxPair(memoryPipePair({ latencyMs: 5 }), {
      opener: { limits: { linkWindowExtraMaxBytes: 768 * KIB, streamWindowMaxBytes: MIB } },
      acceptor: { onStream: (stream) => void stream.on('error', () => undefined).end(Buffer.alloc(6 * MIB)) },
    });
    // Each grows by a third of that at least, however busy the machine: kept, it would not be enough for all.
    for (let count = 0; count < 5; count += 1) {
      const stream = pair.open('bulk');
      let mostBytes = 0;
      stream.on('data', () => (mostBytes = Math.max(mostBytes, stream.receiveWindowBytes)));
      await once(stream, 'end');
      expect(mostBytes).toBeGreaterThanOrEqual(512 * KIB);
      stream.destroy();
    }
    await pair.end();
  });

  it('stay as they are for a reader that is slower than the way', async () => {
    const pipe = new ScriptedPipe();
    pipe.roundTripMs = 0;
    let accepted: MuxStream | undefined;
    new Multiplexer(pipe, { role: 'server', onStream: (stream) => (accepted = stream) });
    pipe.receive(frame(DATA, SYN, 1, Buffer.alloc(200 * KIB)));
    await turn();
    accepted?.resume();
    await turn();
    pipe.receive(frame(DATA, 0, 1, Buffer.alloc(200 * KIB)));
    await turn();
    expect(accepted?.receiveWindowBytes).toBe(256 * KIB);
  });
});

describe('a reader that stops', () => {
  it('holds up no other stream, and buffers at most its window', async () => {
    const pair = new MuxPair();
    const stalled = pair.open('interactive');
    stalled.write(Buffer.alloc(4 * MIB));
    await eventually(() => expect(pair.acceptor.stats.unreadBytes).toBe(256 * KIB));
    const stream = pair.open('bulk');
    stream.end(Buffer.alloc(3 * MIB));
    await eventually(() => expect(pair.accepted).toHaveLength(2));
    expect((await readAll(pair.accepted[1]!)).length).toBe(3 * MIB);
    expect(pair.acceptor.stats.unreadBytes).toBe(256 * KIB);
    await pair.end();
  });

  it('gets all bytes in order when it goes on, however they were cut', async () => {
    const pair = new MuxPair(memoryPipePair({ chunking: { seed: 3, maxBytes: 700 } }));
    const stream = pair.open('interactive');
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
    for (let at = 0; at < bytes.length; at += 97) stream.write(bytes.subarray(at, at + 97));
    stream.end();
    await eventually(() => expect(pair.accepted[0]?.unreadBytes).toBe(bytes.length));
    expect((await readAll(pair.accepted[0]!)).equals(bytes)).toBe(true);
    expect(pair.acceptor.stats.unreadBytes).toBe(0);
    await pair.end();
  });

  it('resets the stream with the most unread bytes when the link has too many', async () => {
    const pipe = new ScriptedPipe();
    const accepted: MuxStream[] = [];
    const mux = new Multiplexer(pipe, {
      role: 'server',
      limits: { linkUnreadMaxBytes: 300 * KIB },
      onStream: (stream) => accepted.push(stream.on('error', () => undefined)),
    });
    pipe.receive(frame(DATA, SYN, 1, Buffer.alloc(100 * KIB)), frame(DATA, SYN, 3, Buffer.alloc(150 * KIB)));
    pipe.receive(frame(DATA, SYN, 5, Buffer.alloc(60 * KIB)));
    expect(accepted.map(({ errored }) => errored?.message.includes('the link has too many unread bytes'))).toEqual([
      undefined,
      true,
      undefined,
    ]);
    expect(mux.stats.unreadBytes).toBe(160 * KIB);
    await turn();
    expect(pipe.takeFrames().filter(({ flags }) => flags === RST)).toMatchObject([
      { id: 3, length: RESET_CODES['buffer-full'] },
    ]);
  });

  it('holds bytes and not objects when the peer sends them one by one', async () => {
    const pipe = new ScriptedPipe();
    let accepted: MuxStream | undefined;
    new Multiplexer(pipe, { role: 'server', onStream: (stream) => (accepted = stream) });
    pipe.receive(frame(DATA, SYN, 1, 'x'));
    const crumbs = Buffer.concat(Array.from({ length: 5_000 }, () => frame(DATA, 0, 1, 'x')));
    for (let count = 0; count < 50; count += 1) pipe.receive(crumbs);
    expect(accepted?.unreadBytes).toBe(250_001);
    const pieces: Buffer[] = [];
    accepted?.on('data', (piece: Buffer) => pieces.push(piece));
    await eventually(() => expect(accepted?.unreadBytes).toBe(0));
    // As they came they would be 250 001 pieces, which keep alive all 3 MB of what was received.
    expect(pieces.length).toBeLessThan(40);
    const blocks = new Set(pieces.map(({ buffer }) => buffer));
    const heldBytes = [...blocks].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(heldBytes).toBeLessThan(2 * 250_001);
  });
});

describe('echo in memory', () => {
  it('never holds more than a window for each direction of a stream', async () => {
    let mostBytes = 0;
    const pair = new MuxPair(memoryPipePair(), { acceptor: { onStream: echo } });
    const streams = Array.from({ length: 8 }, () => pair.open('bulk'));
    for (const stream of streams) {
      stream.on('data', () => (mostBytes = Math.max(mostBytes, pair.acceptor.stats.unreadBytes)));
      stream.end(Buffer.alloc(2 * MIB));
    }
    await Promise.all(streams.map((stream) => once(stream, 'end')));
    expect(mostBytes).toBeLessThanOrEqual(8 * 256 * KIB);
    await pair.end();
  });
});
