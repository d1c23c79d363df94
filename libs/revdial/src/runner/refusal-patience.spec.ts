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
    expect(tryCount).toBeGreaterThanOrEqual(5);
    expect(tryCount).toBeLessThanOrEqual(8);
  });

  it('asks for ever without a limit, in the end once a minute', () => {
    const patience = new RefusalPatience(undefined, () => 1);
    const waitsMs = Array.from({ length: 100 }, (_, index) => patience.nextMs(index * 60_000));
    expect(waitsMs.slice(0, 6)).toEqual([1_000, 3_000, 9_000, 27_000, 60_000, 60_000]);
    expect(waitsMs.at(-1)).toBe(60_000);
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
