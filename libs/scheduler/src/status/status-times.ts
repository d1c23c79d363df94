import { SCHEDULER_LIMITS } from '../limits.js';
import type { StatusTimes } from './derive-status.js';

/** As configured, else as in the limits. */
export function statusTimes(options: Partial<StatusTimes>): StatusTimes {
  return {
    silenceMs: options.silenceMs ?? SCHEDULER_LIMITS.silenceMs,
    heartbeatLateMs: options.heartbeatLateMs ?? SCHEDULER_LIMITS.heartbeatLateMs,
  };
}
