import { randomBytes } from 'node:crypto';
import { eventually } from '@helix/pacing/testing';
import type { BytePipe } from '../../src/carrier/byte-pipe.js';
import { RecordingReceiver } from './recording-receiver.js';

export interface PipeEnds {
  readonly writer: BytePipe;
  readonly reader: BytePipe;
}

export interface Compliance {
  /** Does a code of the closer reach the other end? A bare connection only ends. */
  readonly carriesCodes: boolean;
}

/** What every pipe promises, whatever it runs over; for one direction of a pair. */
export function itIsAPipe(open: () => Promise<PipeEnds>, { carriesCodes }: Compliance): void {
  let ends: PipeEnds;
  let near: RecordingReceiver;
  let far: RecordingReceiver;

  beforeEach(async () => {
    ends = await open();
    near = new RecordingReceiver();
    far = new RecordingReceiver();
  });

  afterEach(() => {
    ends.writer.destroy('done');
    ends.reader.destroy('done');
  });

  function startBoth(): void {
    ends.writer.start(near);
    ends.reader.start(far);
  }

  it('delivers pieces of any size in order', async () => {
    startBoth();
    const pieces = [1, 0, 3, 4096, 4097, 65_535, 65_536, 200_000, 2].map((length) => randomBytes(length));
    ends.writer.write(pieces.slice(0, 4));
    ends.writer.write(pieces.slice(4, 7));
    for (const piece of pieces.slice(7)) ends.writer.write([piece]);
    const whole = Buffer.concat(pieces);
    await eventually(() => expect(far.byteCount).toBe(whole.length));
    expect(far.bytes.equals(whole)).toBe(true);
  });

  it('delivers nothing before it was started, and loses nothing', async () => {
    ends.writer.start(near);
    ends.writer.write([Buffer.from('early')]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(far.byteCount).toBe(0);
    ends.reader.start(far);
    await eventually(() => expect(far.text).toBe('early'));
  });

  it('stops delivering while paused, and goes on where it stopped', async () => {
    startBoth();
    const whole = randomBytes(3_000_000);
    far.onEach = () => {
      if (far.byteCount > 100_000) ends.reader.pause();
    };
    let at = 0;
    const pump = (): void => {
      while (at < whole.length && ends.writer.writableBytes > 0) {
        ends.writer.write([whole.subarray(at, at + 16_384)]);
        at += 16_384;
      }
    };
    near.onWrite = pump;
    pump();
    await eventually(() => expect(far.byteCount).toBeGreaterThan(100_000));
    const pausedAt = far.byteCount;
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(far.byteCount).toBe(pausedAt);
    far.onEach = () => undefined;
    ends.reader.resume();
    await eventually(() => expect(far.byteCount).toBe(whole.length));
    expect(far.bytes.equals(whole)).toBe(true);
  });

  it('tells a writer when to wait and when to go on', async () => {
    startBoth();
    ends.reader.pause();
    let writtenBytes = 0;
    const piece = randomBytes(16_384);
    for (;;) {
      while (ends.writer.writableBytes > 0) {
        ends.writer.write([piece]);
        writtenBytes += piece.length;
      }
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      if (ends.writer.writableBytes === 0) break;
    }
    const before = near.writableCount;
    ends.reader.resume();
    await eventually(() => expect(near.writableCount).toBeGreaterThan(before));
    expect(ends.writer.writableBytes).toBeGreaterThan(0);
    await eventually(() => expect(far.byteCount).toBe(writtenBytes));
  });

  it('takes more than it wants', async () => {
    startBoth();
    const whole = randomBytes(1_000_000);
    ends.writer.write([whole]);
    await eventually(() => expect(far.byteCount).toBe(whole.length));
    expect(far.bytes.equals(whole)).toBe(true);
  });

  it('finishes what was written before it closes, and drops what is written after', async () => {
    startBoth();
    const whole = randomBytes(500_000);
    ends.writer.write([whole]);
    ends.writer.close('shutdown', 'the API restarts');
    ends.writer.write([Buffer.from('too late')]);
    expect(ends.writer.writableBytes).toBe(0);
    await eventually(() => {
      expect(far.ends).toHaveLength(1);
      expect(near.ends).toHaveLength(1);
    });
    expect(far.bytes.equals(whole)).toBe(true);
    expect(near.end).toMatchObject({ code: 'shutdown', byPeer: false });
    expect(far.end).toMatchObject(
      carriesCodes ? { code: 'shutdown', reason: 'the API restarts', byPeer: true } : { code: 'done', byPeer: true },
    );
  });

  it('is cut at once, says so once, and forgives what is done to it afterwards', async () => {
    startBoth();
    const cause = new Error('why not');
    ends.writer.destroy('revoked', cause);
    ends.writer.destroy('internal');
    ends.writer.close('done');
    ends.writer.write([Buffer.from('nobody hears')]);
    ends.writer.pause();
    ends.writer.resume();
    await eventually(() => {
      expect(near.ends).toHaveLength(1);
      expect(far.ends).toHaveLength(1);
    });
    expect(near.end).toMatchObject({ code: 'revoked', byPeer: false, cause });
    if (carriesCodes) expect(far.end).toMatchObject({ code: 'revoked', byPeer: true });
    expect(far.byteCount).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect([near.ends.length, far.ends.length]).toEqual([1, 1]);
  });

  it('tells an end that came before it was started', async () => {
    ends.writer.destroy('limit');
    ends.writer.start(near);
    await eventually(() => expect(near.ends.map(({ code }) => code)).toEqual(['limit']));
  });
}
