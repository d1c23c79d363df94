import { VIEWER_LIMITS } from './limits.js';

/**
 * How long to wait before the next attempt. A link that is known to have moved is followed at once, but not by every page in the
 * same millisecond; whatever fails again is asked less and less often, spread over the whole span (full jitter).
 * @param failures attempts in a row that came to nothing
 * @param random from 0 to 1
 */
export function reconnectDelayMs(when: 'now' | 'later', failures: number, random: number): number {
  if (when === 'now' && failures === 0) return Math.floor(random * VIEWER_LIMITS.reconnectJitterMs);
  const { reconnectMinMs: min, reconnectMaxMs: max } = VIEWER_LIMITS;
  const span = Math.min(max, min * 2 ** Math.min(failures + 1, 16)) - min;
  return min + Math.floor(random * span);
}
