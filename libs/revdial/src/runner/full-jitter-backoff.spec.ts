import { FullJitterBackoff } from './full-jitter-backoff.js';
import { RUNNER_TIMINGS } from './limits.js';

const SECOND = 1000;

describe('the backoff', () => {
  it('tries within 200 ms first, doubles the window, and stays under 4 s while the outage is young', () => {
    const backoff = new FullJitterBackoff(RUNNER_TIMINGS, () => 1);
    const waits = Array.from({ length: 7 }, (_, index) => backoff.nextMs(index * SECOND));
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 4000, 4000]);
  });

  it('widens to 30 s, not beyond, when the outage is old', () => {
    const backoff = new FullJitterBackoff(RUNNER_TIMINGS, () => 1);
    for (let second = 0; second < 59; second += 1) backoff.nextMs(second * SECOND);
    expect(backoff.nextMs(59 * SECOND)).toBe(4000);
    expect(backoff.nextMs(60 * SECOND)).toBe(30_000);
    expect(backoff.nextMs(9_999_999 * SECOND)).toBe(30_000);
  });

  it('jitters fully: from nothing to the whole window', () => {
    expect(new FullJitterBackoff(RUNNER_TIMINGS, () => 0).nextMs(0)).toBe(0);
    expect(new FullJitterBackoff(RUNNER_TIMINGS, () => 0.5).nextMs(0)).toBe(100);
  });

  it('begins anew after a useful link', () => {
    const backoff = new FullJitterBackoff(RUNNER_TIMINGS, () => 1);
    backoff.nextMs(0);
    backoff.nextMs(1);
    backoff.reset();
    expect(backoff.nextMs(2)).toBe(200);
  });
});
