import { eventually } from '@helix/pacing/testing';
import type { SchedulerLogger } from '../scheduler-logger.js';
import { FleetMaintenance } from './fleet-maintenance.js';

describe('FleetMaintenance', () => {
  let lines: string[];
  let logger: SchedulerLogger;

  beforeEach(() => {
    lines = [];
    const log = (level: string) => (fields: Readonly<Record<string, unknown>>) => {
      lines.push(`${level} ${String(fields['task'])}`);
    };
    logger = { info: log('info'), warn: log('warn'), error: log('error') };
  });

  it('repeats each task; a slow one never overlaps itself or delays others', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const counts = { slow: 0, quick: 0 };
    const slow = { name: 'slow', intervalMs: 1, run: () => ((counts.slow += 1), held) };
    const quick = { name: 'quick', intervalMs: 1, run: () => Promise.resolve((counts.quick += 1)) };
    const maintenance = new FleetMaintenance([slow, quick], logger);
    maintenance.start();
    maintenance.start();
    await eventually(() => {
      expect(counts.quick).toBeGreaterThan(5);
      expect(counts.slow).toBe(1);
    });
    let isClosed = false;
    const closing = maintenance.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    release();
    await closing;
    const { quick: done } = counts;
    maintenance.start();
    await maintenance.close();
    expect(counts).toEqual({ slow: 1, quick: done });
  });

  it('logs a trouble once, and its end', async () => {
    let turns = 0;
    const run = (): Promise<void> => {
      turns += 1;
      return turns <= 3 || turns === 6 ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    const maintenance = new FleetMaintenance([{ name: 'sweep', intervalMs: 1, run }], logger);
    maintenance.start();
    await eventually(() => {
      expect(turns).toBeGreaterThan(6);
    });
    await maintenance.close();
    expect(lines).toEqual(['warn sweep', 'info sweep', 'warn sweep', 'info sweep']);
  });
});
