import { Multiplexer } from '@helix/revdial';
import type { StreamClass } from '@helix/revdial';
import { SYN, WINDOW_UPDATE, frame } from './support/frames.js';
import { ScriptedPipe, turn } from './support/scripted-pipe.js';

const KIB = 1024;

describe('what leaves next', () => {
  let pipe: ScriptedPipe;
  let mux: Multiplexer;

  beforeEach(() => {
    pipe = new ScriptedPipe();
    pipe.writableBytes = 0;
    mux = new Multiplexer(pipe, { role: 'client', onStream: () => undefined });
  });

  function write(streamClass: StreamClass, byteCount: number): void {
    const stream = mux.openStream({ class: streamClass });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(byteCount));
  }

  /** As a slow pipe: one frame at a time. */
  function drain(count: number): number[] {
    for (let at = 0; at < count; at += 1) pipe.allow(1 - pipe.writableBytes);
    return pipe.takeFrames().map(({ id }) => id);
  }

  it('is an interactive frame after at most the one frame of bulk that is under way', async () => {
    write('bulk', 200 * KIB);
    await turn();
    expect(drain(3)).toEqual([1, 1, 1]);
    write('interactive', 10);
    await turn();
    expect(drain(3)).toEqual([3, 1, 1]);
  });

  it('goes round the streams of a class, a frame each', async () => {
    for (let count = 0; count < 3; count += 1) write('bulk', 40 * KIB);
    await turn();
    expect(drain(9)).toEqual([1, 3, 5, 1, 3, 5, 1, 3, 5]);
  });

  it('goes round fairly also when the streams wrote different amounts', async () => {
    write('interactive', 200 * KIB);
    write('interactive', 20 * KIB);
    write('interactive', 1);
    await turn();
    expect(drain(6)).toEqual([1, 3, 5, 1, 3, 1]);
  });

  it('is one frame of bulk after 256 KiB of interactive, so that bulk goes on', async () => {
    write('bulk', 64 * KIB);
    for (let count = 0; count < 4; count += 1) write('interactive', 200 * KIB);
    await turn();
    const ids = drain(40);
    const bulkId = 10 - 1;
    expect(ids.indexOf(bulkId)).toBe(16);
    expect(ids.indexOf(bulkId, 17)).toBe(33);
  });

  it('is an answer of the link before any stream', async () => {
    write('interactive', 100);
    pipe.receive(frame(2, SYN, 0, 7));
    await turn();
    pipe.allow(64 * KIB);
    expect(pipe.takeFrames().map(({ type }) => type)).toEqual([2, 0]);
  });

  it('follows a change of class at once', async () => {
    const [first, second] = [0, 1].map(() => {
      const stream = mux.openStream({ class: 'bulk' });
      stream.on('error', () => undefined);
      stream.write(Buffer.alloc(40 * KIB));
      return stream;
    });
    await turn();
    expect(drain(2)).toEqual([1, 3]);
    second!.streamClass = 'interactive';
    expect(drain(3)).toEqual([3, 3, 1]);
    expect(mux.stats.queuedBytesByClass).toEqual({ bulk: first!.writableLength, interactive: 0 });
  });

  it('skips a stream without credit, which goes on when it gets some', async () => {
    write('bulk', 300 * KIB);
    write('bulk', 40 * KIB);
    await turn();
    pipe.allow(1024 * KIB);
    pipe.takeFrames();
    expect(mux.stats.queuedBytesByClass.bulk).toBe(300 * KIB);
    write('bulk', 10);
    pipe.receive(frame(WINDOW_UPDATE, 0, 1, 100 * KIB));
    await turn();
    expect(pipe.takeFrames().map(({ id }) => id)).toEqual([5, 1]);
    expect(mux.stats.queuedBytesByClass.bulk).toBe(0);
  });

  it('writes no more than the pipe wants and a frame', async () => {
    for (let count = 0; count < 10; count += 1) write('bulk', 200 * KIB);
    await turn();
    pipe.allow(50 * KIB);
    const byteCount = pipe.takeBytes().length;
    expect(byteCount).toBeGreaterThanOrEqual(50 * KIB);
    expect(byteCount).toBeLessThan(50 * KIB + 16 * KIB + 12);
  });
});
