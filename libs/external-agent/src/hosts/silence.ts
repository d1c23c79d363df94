import type { ConnectedRunner } from '@helix/revdial';
import { LIMITS } from '../limits.js';

/** Has it owed a sign of life for so long that viewers are told? */
export function isSilent(runner: ConnectedRunner): boolean {
  return runner.stats.unansweredMs >= LIMITS.unstableAfterMs;
}
