/** What one look at something has found. */
export interface Finding {
  /** Stable, for scripts. */
  readonly check: string;
  /** `warning`: the agent works, and not as well as it could. Only `failed` makes the exit code. */
  readonly result: 'ok' | 'warning' | 'failed' | 'skipped';
  /** For people. Holds no secret. */
  readonly detail: string;
  /** What to do about it, for whatever is not well. */
  readonly cure?: string;
}
