import type { RevDialCounters } from '../revdial-counters.js';
import type { RevDialLogger } from '../revdial-logger.js';

/** Every number has its default in `limits.ts`. */
export interface ConnectionManagerOptions {
  /** How long dials wait for a lost link to come back. */
  readonly graceMs?: number;
  readonly maxWaitingDialCount?: number;
  readonly maxRunnerCount?: number;
  /** How long the streams of a superseded link may finish. */
  readonly supersededStreamGraceMs?: number;
  readonly logger?: RevDialLogger;
  readonly counters?: RevDialCounters;
}
