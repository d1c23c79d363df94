import { PassThrough } from 'node:stream';
import { eventually } from '@helix/pacing/testing';
import { RunnerStreamPool } from './runner-stream-pool.js';
import type { RunnerStreamPoolOptions } from './runner-stream-pool.js';

function poolOf(dialed: PassThrough[], options: Partial<RunnerStreamPoolOptions>): RunnerStreamPool {
  return new RunnerStreamPool({
    maxStreamCount: 1,
    maxQueuedCount: 8,
    idleLimitMs: 60_000,
    queueTimeoutMs: 60_000,
    dial: () => {
      const stream = new PassThrough();
      dialed.push(stream);
      return Promise.resolve(stream);
    },
    takePlace: () => true,
    givePlace: () => undefined,
    onEmpty: () => undefined,
    ...options,
  });
}

describe('the streams of one runner', () => {
  it('refuses all in line when the last place goes to another runner', async () => {
    let placeCount = 1;
    let emptyCount = 0;
    const dialed: PassThrough[] = [];
    const pool = poolOf(dialed, {
      takePlace: () => placeCount-- > 0,
      onEmpty: () => {
        emptyCount += 1;
      },
    });
    const options = { connectTimeoutMs: 1_000, requireFreshStream: false };
    await pool.acquire(options);
    const waiting = [1, 2, 3].map(() => pool.acquire(options));
    const outcomes = Promise.allSettled(waiting);
    dialed[0]?.destroy();
    const full = { status: 'rejected', reason: { code: 'LIMIT_REACHED' } };
    expect(await outcomes).toMatchObject([full, full, full]);
    await eventually(() => {
      expect(emptyCount).toBeGreaterThan(0);
    });
    expect(pool.queuedCount).toBe(0);
  });

  it('all places taken: a fresh stream takes the place of the oldest idle one', async () => {
    const dialed: PassThrough[] = [];
    const pool = poolOf(dialed, { maxStreamCount: 2 });
    const options = { connectTimeoutMs: 1_000, requireFreshStream: false };
    const kept = [await pool.acquire(options), await pool.acquire(options)];
    for (const stream of kept) pool.release(stream);
    const fresh = await pool.acquire({ ...options, requireFreshStream: true });
    expect(kept).not.toContain(fresh);
    expect(dialed.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect(pool.streamCount).toBe(2);
  });
});
