import { RefusalPatience } from './refusal-patience.js';

describe('the patience with a refusal', () => {
  it.each([0, 0.5, 1])('asks a few times over a minute and then believes it (random %d)', (random) => {
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
    expect(tryCount).toBeGreaterThanOrEqual(6);
    expect(tryCount).toBeLessThanOrEqual(10);
  });

  it('believes at once when told to', () => {
    expect(new RefusalPatience(0).nextMs(5)).toBeUndefined();
  });

  it('begins anew after it was accepted', () => {
    const patience = new RefusalPatience(1_000, () => 1);
    expect(patience.nextMs(0)).toBe(1_000);
    patience.reset();
    expect(patience.nextMs(5_000)).toBe(1_000);
  });
});
