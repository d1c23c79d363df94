import { LIMITS } from '../limits.js';

/** How often and how long hosts are probed, in milliseconds. Where it repeats, each host has its own moment. */
export interface ProbeTimes {
  readonly firstWithinMs: number;
  readonly canaryIntervalMs: number;
  readonly canaryRetryMs: number;
  readonly canaryTimeoutMs: number;
  readonly gpuIntervalMs: number;
  readonly reconcileIntervalMs: number;
  /** Between two readings of a host that must agree before anything is done for what they show. */
  readonly readingsApartMs: number;
}

export const PROBE_TIMES: ProbeTimes = {
  firstWithinMs: LIMITS.probeFirstWithinMs,
  canaryIntervalMs: LIMITS.canaryIntervalMs,
  canaryRetryMs: LIMITS.canaryRetryMs,
  canaryTimeoutMs: LIMITS.canaryTimeoutMs,
  gpuIntervalMs: LIMITS.gpuIntervalMs,
  reconcileIntervalMs: LIMITS.hostReconcileIntervalMs,
  readingsApartMs: LIMITS.readingsApartMs,
};
