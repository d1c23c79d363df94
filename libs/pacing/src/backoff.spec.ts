import fc from 'fast-check';
import { fullJitterMs, jittered, jitteredBackoffMs } from './backoff.js';

describe('delays between tries', () => {
  it.each([
    [1, 50, 100],
    [2, 100, 200],
    [4, 400, 800],
    [10, 500, 1_000],
    [1_000_000, 500, 1_000],
  ])('doubles its window up to the cap: attempt %d waits %d to %d ms', (attempt, leastMs, mostMs) => {
    const options = { baseMs: 100, capMs: 1_000 };
    expect(jitteredBackoffMs(attempt, { ...options, random: () => 0 })).toBe(leastMs);
    expect(jitteredBackoffMs(attempt, { ...options, random: () => 0.999_999_9 })).toBe(mostMs);
    expect(fullJitterMs(attempt, { ...options, random: () => 0 })).toBe(0);
    expect(fullJitterMs(attempt, { ...options, random: () => 0.999_999_9 })).toBe(mostMs);
  });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(10_000), fc.nat(100_000), (attempt, baseMs, capMs) => {
        const ms = jitteredBackoffMs(attempt, { baseMs, capMs });
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(capMs + 1);
      }),
    );
  });

  it('jitters by 15 % at most', () => {
    expect([jittered(1_000, () => 0), jittered(1_000, () => 1)]).toEqual([850, 1_150]);
  });
});
