import { RUNNER_TIMINGS } from '../limits.js';
import { OutageBackoff, RefusalPatience } from './reconnect-plan.js';

const SECOND = 1000;

describe('OutageBackoff', () => {
  it('doubles its window from 200 ms up to 4 s while the outage is young', () => {
    const backoff = new OutageBackoff(RUNNER_TIMINGS, () => 1);
    const waits = Array.from({ length: 7 }, (_, index) => backoff.nextMs(index * SECOND));
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 4000, 4000]);
  });

  it('widens its window to 30 s once the outage is a minute old', () => {
    const backoff = new OutageBackoff(RUNNER_TIMINGS, () => 1);
    for (let second = 0; second < 59; second += 1) backoff.nextMs(second * SECOND);
    expect(backoff.nextMs(59 * SECOND)).toBe(4000);
    expect(backoff.nextMs(60 * SECOND)).toBe(30_000);
    expect(backoff.nextMs(9_999_999 * SECOND)).toBe(30_000);
  });

  it('waits anything from nothing to the whole window', () => {
    expect(new OutageBackoff(RUNNER_TIMINGS, () => 0).nextMs(0)).toBe(0);
    expect(new OutageBackoff(RUNNER_TIMINGS, () => 0.5).nextMs(0)).toBe(100);
  });

  it('starts again at 200 ms after a useful link', () => {
    const backoff = new OutageBackoff(RUNNER_TIMINGS, () => 1);
    backoff.nextMs(0);
    backoff.nextMs(1);
    backoff.reset();
    expect(backoff.nextMs(2)).toBe(200);
  });
});

describe('RefusalPatience', () => {
  it.each([0, 0.5, 1])('retries a few times within its limit of a minute, then is final (random %d)', (random) => {
    const patience = new RefusalPatience(60_000, () => random);
    let nowMs = 1_000_000;
    let tryCount = 0;
    for (;;) {
      const waitMs = patience.nextMs(nowMs);
      tryCount += 1;
      if (waitMs === undefined) break;
      expect(waitMs).toBeGreaterThan(0);
      nowMs += waitMs;
    }
    expect(nowMs).toBe(1_060_000);
    expect(tryCount).toBeGreaterThanOrEqual(5);
    expect(tryCount).toBeLessThanOrEqual(8);
  });

  it('retries for ever without a limit, in the end once a minute', () => {
    const patience = new RefusalPatience(undefined, () => 1);
    const waitsMs = Array.from({ length: 100 }, (_, index) => patience.nextMs(index * 60_000));
    expect(waitsMs.slice(0, 6)).toEqual([1_000, 3_000, 9_000, 27_000, 60_000, 60_000]);
    expect(waitsMs.at(-1)).toBe(60_000);
  });

  it('is final at once with a limit of 0 ms', () => {
    expect(new RefusalPatience(0).nextMs(5)).toBeUndefined();
  });

  it('starts again at 1 s after the API accepted the agent', () => {
    const patience = new RefusalPatience(1_000, () => 1);
    expect(patience.nextMs(0)).toBe(1_000);
    patience.reset();
    expect(patience.nextMs(5_000)).toBe(1_000);
  });
});
