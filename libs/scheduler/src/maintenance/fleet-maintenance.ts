import type { SchedulerLogger } from '../scheduler-logger.js';
import type { MaintenanceTask } from './maintenance-task.js';

/**
 * What has to be done over and over for the fleet to stay true: statuses that time alone changes, what has run out, and
 * what was kept for long enough. Every replica does all of it; each task rests after its own turn, so no turn of a task
 * overlaps its next, and a slow task holds up no other. A failure is logged once for each trouble, not each time.
 */
export class FleetMaintenance {
  readonly #tasks: readonly MaintenanceTask[];
  readonly #logger: SchedulerLogger;
  readonly #timers = new Map<MaintenanceTask, NodeJS.Timeout>();
  readonly #turns = new Map<MaintenanceTask, Promise<void>>();
  readonly #troubled = new Set<MaintenanceTask>();
  #state: 'new' | 'started' | 'closed' = 'new';

  constructor(tasks: readonly MaintenanceTask[], logger: SchedulerLogger) {
    this.#tasks = tasks;
    this.#logger = logger;
  }

  /** The first turn of each task is after its interval. Idempotent; nothing after `close`. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    for (const task of this.#tasks) this.#schedule(task);
  }

  /** Resolves when the turns under way are over. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#state = 'closed';
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#turns.values());
  }

  #schedule(task: MaintenanceTask): void {
    const restMs = task.intervalMs * (0.75 + Math.random() / 2);
    const timer = setTimeout(() => {
      const turn = this.#take(task).then(() => {
        if (this.#state === 'started') this.#schedule(task);
      });
      this.#turns.set(task, turn);
    }, restMs);
    timer.unref();
    this.#timers.set(task, timer);
  }

  async #take(task: MaintenanceTask): Promise<void> {
    try {
      await task.run();
      if (this.#troubled.delete(task)) this.#logger.info({ task: task.name }, 'a task of the fleet can be done again');
    } catch (error) {
      if (!this.#troubled.has(task)) {
        this.#logger.warn({ task: task.name, error }, 'a task of the fleet can not be done now');
      }
      this.#troubled.add(task);
    }
  }
}
