import type { ExternalAgentLogger } from '../external-agent-logger.js';

/** Runs a task over and over, each time after an interval of rest. A failure is logged once for each trouble, not each time. */
export class PeriodicTask {
  readonly #name: string;
  readonly #run: () => Promise<void>;
  readonly #intervalMs: number;
  readonly #logger: ExternalAgentLogger;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isTroubled = false;

  constructor(name: string, run: () => Promise<void>, intervalMs: number, logger: ExternalAgentLogger) {
    this.#name = name;
    this.#run = run;
    this.#intervalMs = intervalMs;
    this.#logger = logger;
  }

  start(): void {
    if (this.#timer === undefined && !this.#isClosed) this.#schedule();
  }

  /** Resolves when the turn under way is over. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#turn;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#turn = this.#take().finally(() => {
        if (!this.#isClosed) this.#schedule();
      });
    }, this.#intervalMs);
    this.#timer.unref();
  }

  async #take(): Promise<void> {
    try {
      await this.#run();
      this.#isTroubled = false;
    } catch (error) {
      if (!this.#isTroubled) this.#logger.warn({ task: this.#name, error }, 'a periodic task can not be done now');
      this.#isTroubled = true;
    }
  }
}
