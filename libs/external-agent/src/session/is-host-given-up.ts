import type { SessionEntity } from './session.entity.js';

/**
 * Is the session's host lost, and nobody waits for it any more: its time is over, or the owner wants the desktop again, which
 * another host can have at once? What the lost one still runs is of an earlier generation by then.
 */
export function isHostGivenUp({ state, desired, hostLostAt, hostLostDeadlineAt }: SessionEntity, now: Date): boolean {
  if (hostLostAt === null || hostLostDeadlineAt === null) return false;
  return hostLostDeadlineAt <= now || (state === 'stopping' && desired === 'running');
}
