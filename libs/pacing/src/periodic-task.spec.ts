import { PeriodicTask, type PeriodicTaskOptions } from './periodic-task.js';
import { ManualClock } from './testing/index.js';

describe('PeriodicTask', () => {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push(`${level} ${String(fields['task'])}: ${message}`);
    };
  let clock: ManualClock;

  beforeEach(() => {
    lines.length = 0;
    clock = new ManualClock();
  });

  function task(run: PeriodicTaskOptions['run'], more: Partial<PeriodicTaskOptions> = {}): PeriodicTask {
    const logger = { warn: note('warn'), info: note('info') };
    return new PeriodicTask({ name: 'sweep', run, restMs: 100, logger, clock, ...more });
  }

  it('takes its turns a rest apart, counted from the end of each', async () => {
    const begunAt: number[] = [];
    const sweep = task(async () => {
      begunAt.push(clock.nowMs());
      await new Promise<void>((resolve) => clock.after(30, resolve));
    });
    sweep.start();
    sweep.start();
    await clock.advance(400);
    expect(begunAt).toEqual([100, 230, 360]);
    await sweep.close();
    expect(clock.alarmCount).toBe(0);
  });

  it('rests for as long as a turn asks', async () => {
    const begunAt: number[] = [];
    const probe = task(() => Promise.resolve(begunAt.push(clock.nowMs()) * 10), { firstMs: 5 });
    probe.start();
    await clock.advance(40);
    expect(begunAt).toEqual([5, 15, 35]);
  });

  it('logs a trouble once, and once that it works again', async () => {
    let isBroken = true;
    const sweep = task(() => (isBroken ? Promise.reject(new Error('database away')) : Promise.resolve()));
    sweep.start();
    await clock.advance(350);
    isBroken = false;
    await clock.advance(200);
    expect(lines).toEqual(['warn sweep: periodic task failed', 'info sweep: periodic task works again']);
  });

  it('takes a turn at once when hurried, and none beside one that is under way', async () => {
    const begunAt: number[] = [];
    const sweep = task(async () => {
      begunAt.push(clock.nowMs());
      await new Promise<void>((resolve) => clock.after(30, resolve));
    });
    sweep.hurry();
    sweep.start();
    sweep.hurry();
    sweep.hurry();
    await clock.advance(140);
    expect(begunAt).toEqual([0, 130]);
  });

  it('aborts the turn under way when destroyed, without a word in the log', async () => {
    const sweep = task(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
      { firstMs: 0 },
    );
    sweep.start();
    await clock.advance(1);
    await sweep.destroy();
    await clock.advance(1_000);
    expect(lines).toEqual([]);
    expect(clock.alarmCount).toBe(0);
  });
});
