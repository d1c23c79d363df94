import { VIOLATION_LOG_EVERY_MS, VIOLATION_LOG_RUNNERS_MAX_COUNT } from '../limits.js';
import type { RevDialLogger } from '../revdial-logger.js';

interface Logged {
  readonly atMs: number;
  suppressedCount: number;
}

/** A line for each runner that breaks the rules, once a minute, however often it does. */
export class ViolationLog {
  readonly #logger: RevDialLogger;
  readonly #logged = new Map<string, Logged>();

  constructor(logger: RevDialLogger) {
    this.#logger = logger;
  }

  note(runnerIds: readonly string[], reason: string): void {
    const key = runnerIds.join(' ');
    const before = this.#logged.get(key);
    const nowMs = performance.now();
    if (before !== undefined && nowMs - before.atMs < VIOLATION_LOG_EVERY_MS) {
      before.suppressedCount += 1;
      return;
    }
    this.#logger.warn(
      { runnerIds, reason, suppressedCount: before?.suppressedCount ?? 0 },
      'a runner broke the protocol',
    );
    this.#logged.delete(key);
    this.#logged.set(key, { atMs: nowMs, suppressedCount: 0 });
    if (this.#logged.size <= VIOLATION_LOG_RUNNERS_MAX_COUNT) return;
    for (const oldest of this.#logged.keys()) {
      this.#logged.delete(oldest);
      return;
    }
  }
}
