import { reconnectDelayMs } from './viewer.js';

describe('the wait before the next attempt', () => {
  it('is up to 300 ms after a link that moved, once', () => {
    expect([0, 0.5, 0.999].map((random) => reconnectDelayMs('now', 0, random))).toEqual([0, 150, 299]);
    expect(reconnectDelayMs('now', 1, 0)).toBe(500);
  });

  it('is spread from half a second to a limit that doubles, up to 10 s', () => {
    const longest = [0, 1, 2, 3, 4, 5, 1_000].map((failures) => reconnectDelayMs('later', failures, 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    expect([0, 3, 1_000].map((failures) => reconnectDelayMs('later', failures, 0))).toEqual([500, 500, 500]);
    expect(reconnectDelayMs('later', 10, 0.5)).toBe(5_250);
  });
});
