import { PeriodicTask } from '@helix/pacing';
import type { SchedulerLogger } from '../scheduler-logger.js';

export interface MaintenanceTask {
  readonly name: string;
  readonly intervalMs: number;
  readonly run: () => Promise<unknown>;
}

/**
 * What has to be done over and over for the fleet to stay true: statuses that time alone changes, what has run out, and
 * what was kept for long enough. Every replica does all of it, not in step; a slow task holds up no other.
 */
export class FleetMaintenance {
  readonly #tasks: readonly PeriodicTask[];

  constructor(tasks: readonly MaintenanceTask[], logger: SchedulerLogger) {
    this.#tasks = tasks.map(
      ({ name, intervalMs, run }) =>
        new PeriodicTask({ name, run, restMs: () => intervalMs * (0.75 + Math.random() / 2), logger }),
    );
  }

  /** The first turn of each task is after its interval. Idempotent; nothing after `close`. */
  start(): void {
    for (const task of this.#tasks) task.start();
  }

  /** Resolves when the turns under way are over. Idempotent; never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.close()));
  }
}
