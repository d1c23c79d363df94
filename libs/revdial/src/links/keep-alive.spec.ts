import { jest } from '@jest/globals';
import { KeepAlive } from './keep-alive.js';

const SLOW_MS = 15_000;
const FAST_MS = 5_000;

/** A runner at the other end, on a clock that the test moves. */
class Rig {
  readonly sentAtMs: number[] = [];
  readonly silences: number[] = [];
  readonly roundTripsMs: (number | undefined)[] = [];
  answerDelayMs: number | undefined;
  readonly keepAlive = new KeepAlive(
    { keepAliveIntervalMs: SLOW_MS, answeredKeepAliveIntervalMs: FAST_MS },
    {
      onDue: () => {
        this.say();
      },
      onSilent: (silentMs) => this.silences.push(silentMs),
    },
  );
  readonly #startedAtMs = performance.now();

  start(): void {
    this.keepAlive.start();
    this.say();
  }

  say(): void {
    this.sentAtMs.push(performance.now() - this.#startedAtMs);
    this.keepAlive.sent();
    if (this.answerDelayMs !== undefined) setTimeout(this.hear.bind(this), this.answerDelayMs);
  }

  hear(): void {
    this.keepAlive.heard();
    this.roundTripsMs.push(this.keepAlive.answered());
  }
}

describe('KeepAlive', () => {
  let rig: Rig;

  beforeEach(() => {
    jest.useFakeTimers();
    rig = new Rig();
  });

  afterEach(() => {
    rig.keepAlive.stop();
    jest.useRealTimers();
  });

  it('leaves a runner alone that never answers', () => {
    rig.start();
    jest.advanceTimersByTime(600_000);
    expect(rig.silences).toEqual([]);
    expect(rig.sentAtMs).toHaveLength(41);
  });

  it('measures the round trip of a runner that answers, and asks it more often', () => {
    rig.answerDelayMs = 30;
    rig.start();
    jest.advanceTimersByTime(16_000);
    expect(rig.sentAtMs).toEqual([0, 5_030, 10_030, 15_030]);
    expect(rig.roundTripsMs).toEqual([30, 30, 30, 30]);
    expect(rig.silences).toEqual([]);
  });

  it.each([100, 9_000, 11_000, 14_000, 14_990])(
    'never leaves more than 15 s between two, answered after %i ms',
    (delayMs) => {
      rig.answerDelayMs = delayMs;
      rig.start();
      jest.advanceTimersByTime(120_000);
      const gapsMs = rig.sentAtMs.slice(1).map((sentAtMs, n) => sentAtMs - (rig.sentAtMs[n] ?? 0));
      expect(Math.max(...gapsMs)).toBeLessThanOrEqual(SLOW_MS);
    },
  );

  it('calls a runner dead that used to answer, 15 s after its last sign of life', () => {
    rig.answerDelayMs = 30;
    rig.start();
    jest.advanceTimersByTime(6_000);
    expect(rig.roundTripsMs).toHaveLength(2);
    rig.answerDelayMs = undefined;
    jest.advanceTimersByTime(13_900);
    expect(rig.silences).toEqual([]);
    jest.advanceTimersByTime(200);
    expect(rig.silences).toEqual([15_000]);
    const sentCount = rig.sentAtMs.length;
    jest.advanceTimersByTime(600_000);
    expect(rig.silences).toHaveLength(1);
    expect(rig.sentAtMs).toHaveLength(sentCount);
  });

  it('takes any other sign of life for one', () => {
    rig.answerDelayMs = 30;
    rig.start();
    jest.advanceTimersByTime(6_000);
    rig.answerDelayMs = undefined;
    for (let n = 0; n < 20; n += 1) {
      jest.advanceTimersByTime(9_000);
      rig.keepAlive.heard();
    }
    expect(rig.silences).toEqual([]);
  });

  it.each([4_000, 7_000, 11_000, 14_999, 15_000, 40_000])(
    'never ends a runner that says keep-alive unasked every %i ms',
    (everyMs) => {
      rig.start();
      const talker = setInterval(rig.hear.bind(rig), everyMs);
      jest.advanceTimersByTime(900_000);
      clearInterval(talker);
      expect(rig.silences).toEqual([]);
    },
  );

  it('does not take a second keep-alive for another answer', () => {
    rig.start();
    jest.advanceTimersByTime(20);
    rig.hear();
    rig.hear();
    expect(rig.roundTripsMs).toEqual([20, undefined]);
  });
});
