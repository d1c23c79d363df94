import { VIEWER_LIMITS } from './limits.js';

/** Reports work to the server, at most once a minute: what is typed itself never passes through it. */
export class ActivityReport {
  readonly #report: () => void;
  readonly #now: () => number;
  #reportedAtMs: number | undefined;

  constructor(report: () => void, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  note(): void {
    const now = this.#now();
    if (this.#reportedAtMs !== undefined && now - this.#reportedAtMs < VIEWER_LIMITS.activityIntervalMs) return;
    this.#reportedAtMs = now;
    this.#report();
  }
}
