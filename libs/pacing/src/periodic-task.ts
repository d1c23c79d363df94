import { systemClock, type Clock } from './clock.js';

export interface TroubleLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * One log line when something begins to fail and one when it works again, however often it is tried in between. A trouble is known
 * by its key, so that a database that is away is one trouble and not one for each host.
 */
export class TroubleLog {
  readonly #logger: TroubleLogger;
  readonly #failing = new Set<string>();

  constructor(logger: TroubleLogger) {
    this.#logger = logger;
  }

  /** The keys are few and ours: names of tasks, not ids of peers. */
  failed(key: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    if (this.#failing.has(key)) return;
    this.#failing.add(key);
    this.#logger.warn(fields, message);
  }

  worked(key: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    if (this.#failing.delete(key)) this.#logger.info(fields, message);
  }
}

export interface PeriodicTaskOptions {
  /** Told in the log. */
  readonly name: string;
  /**
   * One turn. When it resolves with a number, that is the rest until the next turn, in milliseconds; otherwise that is `restMs`. When it rejects, the
   * trouble is logged once and the next turn comes after `restMs`. The signal aborts at `destroy`.
   */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  readonly restMs: number | (() => number);
  readonly logger: TroubleLogger;
  /** When the first turn is; after one rest unless given. */
  readonly firstMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Runs a task over and over, each time after a rest, so that no turn overlaps the next. */
export class PeriodicTask {
  readonly #options: PeriodicTaskOptions;
  readonly #troubles: TroubleLog;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  #state: 'new' | 'started' | 'closed' = 'new';
  #cancel: () => void = () => undefined;
  #isUnderWay = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PeriodicTaskOptions) {
    this.#options = options;
    this.#troubles = new TroubleLog(options.logger);
    this.#clock = options.clock ?? systemClock;
  }

  /** Idempotent; nothing after `close`. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#rest(this.#options.firstMs ?? this.#restMs());
  }

  /** Takes the next turn now, unless one is under way or the task is not started. */
  hurry(): void {
    if (this.#state !== 'started' || this.#isUnderWay) return;
    this.#cancel();
    this.#begin();
  }

  /** No more turns; resolves when the one under way is over. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#state = 'closed';
    this.#cancel();
    await this.#turn;
  }

  /** As `close`, and aborts the turn under way. */
  async destroy(): Promise<void> {
    this.#ending.abort(new Error(`${this.#options.name} was stopped`));
    await this.close();
  }

  #rest(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      this.#begin();
    });
  }

  #begin(): void {
    this.#isUnderWay = true;
    this.#turn = this.#run().then((restMs) => {
      this.#isUnderWay = false;
      if (this.#state === 'started') this.#rest(restMs);
    });
  }

  /** Never rejects. */
  async #run(): Promise<number> {
    const { name, run } = this.#options;
    try {
      const restMs = await run(this.#ending.signal);
      this.#troubles.worked(name, { task: name }, 'periodic task works again');
      return typeof restMs === 'number' ? restMs : this.#restMs();
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#troubles.failed(name, { task: name, error }, 'periodic task failed');
      return this.#restMs();
    }
  }

  #restMs(): number {
    const { restMs } = this.#options;
    return typeof restMs === 'number' ? restMs : restMs();
  }
}
