import type { RevDialCounters } from '../revdial-counters.js';
import type { RevDialLogger } from '../revdial-logger.js';

/** Every number has its default in `limits.ts`. */
export interface RunnerHttpPoolOptions {
  readonly maxStreamCountPerRunner?: number;
  readonly maxQueuedRequestCountPerRunner?: number;
  /** Over all runners. */
  readonly maxStreamCount?: number;
  readonly idleLimitMs?: number;
  readonly queueTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly logger?: RevDialLogger;
  readonly counters?: RevDialCounters;
}
