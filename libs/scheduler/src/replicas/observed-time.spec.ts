import { OBSERVED_TURN_MS, ObservedTime } from './observed-time.js';

const MINUTE_MS = 60_000;

describe('ObservedTime', () => {
  let wallMs: number;
  let monotonicMs: number;
  /** The database's clock is an hour ahead of this machine's. */
  let databaseMs: number;
  let time: ObservedTime;

  beforeEach(() => {
    wallMs = 1_000_000_000_000;
    monotonicMs = 5_000;
    databaseMs = wallMs + 60 * MINUTE_MS;
    time = new ObservedTime({ wallMs: () => wallMs, monotonicMs: () => monotonicMs });
    time.read(databaseMs, monotonicMs);
  });

  function pass(ms: number, { turns = true }: { readonly turns?: boolean } = {}): void {
    for (let leftMs = ms; leftMs > 0; leftMs -= OBSERVED_TURN_MS) {
      const stepMs = turns ? Math.min(leftMs, OBSERVED_TURN_MS) : ms;
      wallMs += stepMs;
      monotonicMs += stepMs;
      databaseMs += stepMs;
      if (!turns) return;
      time.turn();
    }
  }

  it('counts from the beginning, and shows the time of the database', () => {
    pass(MINUTE_MS);
    expect([time.forMs(), time.gaps]).toEqual([MINUTE_MS, 0]);
    expect(time.now().getTime()).toBe(databaseMs);
  });

  it('begins again after the process was stopped, also before its next turn', () => {
    pass(MINUTE_MS);
    pass(MINUTE_MS, { turns: false });
    expect([time.forMs(), time.gaps]).toEqual([0, 1]);
    pass(3_000);
    expect(time.forMs()).toBe(3_000);
  });

  it.each([90 * MINUTE_MS, -90 * MINUTE_MS])('begins again after the clock of the machine was set by %i ms', (ms) => {
    pass(MINUTE_MS);
    wallMs += ms;
    expect([time.forMs(), time.gaps]).toEqual([0, 1]);
    // Which changes nothing about the time of the database.
    expect(time.now().getTime()).toBe(databaseMs);
  });

  it('begins again after the machine slept, while its monotonic clock stood still', () => {
    pass(MINUTE_MS);
    wallMs += MINUTE_MS;
    databaseMs += MINUTE_MS;
    expect([time.forMs(), time.gaps]).toEqual([0, 1]);
    time.read(databaseMs, monotonicMs);
    expect(time.now().getTime()).toBe(databaseMs);
  });

  it.each([10 * MINUTE_MS, -10 * MINUTE_MS])('begins again after the clock of the database was set by %i ms', (ms) => {
    pass(MINUTE_MS);
    databaseMs += ms;
    time.read(databaseMs, monotonicMs);
    expect([time.forMs(), time.gaps]).toEqual([0, 1]);
    expect(time.now().getTime()).toBe(databaseMs);
  });

  it('takes a slow answer for no jump', () => {
    const askedAtMs = monotonicMs;
    const atServerMs = databaseMs;
    pass(3_000);
    time.read(atServerMs, askedAtMs);
    expect(time.gaps).toBe(0);
  });

  it('has observed nothing while the database is away, and begins when it is back', () => {
    pass(MINUTE_MS);
    time.lose();
    time.lose();
    pass(MINUTE_MS);
    expect([time.forMs(), time.gaps]).toEqual([0, 1]);
    time.read(databaseMs, monotonicMs);
    pass(3_000);
    expect([time.forMs(), time.gaps]).toEqual([3_000, 1]);
  });
});
