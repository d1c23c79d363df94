import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProcessClock } from './link-clock.js';

describe('ProcessClock', () => {
  it('hardly advances while the process is busy, and never goes back', async () => {
    const clock = new ProcessClock();
    let turnCount = 0;
    const link = { onTurn: () => (turnCount += 1), onAckDue: () => undefined };
    clock.watch(link);
    const beganAtMs = clock.nowMs;
    const realBeganAtMs = clock.realMs;
    let latestMs = beganAtMs;
    const look = (): void => {
      const { nowMs } = clock;
      expect(nowMs).toBeGreaterThanOrEqual(latestMs);
      latestMs = nowMs;
    };
    while (clock.realMs - realBeganAtMs < 2_000) look();
    while (turnCount < 2) {
      await nextTurn();
      look();
    }
    clock.unwatch(link);
    expect(clock.realMs - realBeganAtMs).toBeGreaterThanOrEqual(2_000);
    expect(latestMs - beganAtMs).toBeLessThan(1_500);
  });
});
