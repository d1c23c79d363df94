import { SessionEntity } from '../session/session.entity.js';
import type { SessionState } from '../session/session-state.js';
import { idleStatusOf } from './idle-status.js';

const MINUTE_MS = 60_000;
const NOW = new Date('2026-01-01T12:00:00Z');

function session(idleMinutes: number, idleLimitMinutes: number | null, state: SessionState = 'running'): SessionEntity {
  return Object.assign(new SessionEntity(), {
    state,
    lastActivityAt: new Date(NOW.getTime() - idleMinutes * MINUTE_MS),
    idleLimitMs: idleLimitMinutes === null ? null : idleLimitMinutes * MINUTE_MS,
  });
}

describe('idleStatusOf', () => {
  // Idle for, own limit, left, warned; the operator's limit is 30 minutes.
  it.each([
    [0, null, 30, false],
    [4.9, null, 25.1, false],
    [5, null, 25, true],
    [29, null, 1, true],
    [30, null, 0, false],
    [31, null, 0, false],
    [-1, null, 30, false],
    [30, 120, 90, false],
    [96, 120, 24, true],
    [0, 3, 3, false],
    [1, 3, 2, true],
  ])('after %d min with a limit of %p leaves %d min', (idle, limit, left, isWarned) => {
    expect(idleStatusOf(session(idle, limit), 30 * MINUTE_MS, NOW)).toEqual({
      idleMs: Math.max(0, idle) * MINUTE_MS,
      leftMs: left * MINUTE_MS,
      isWarned,
    });
  });

  it('leaves all the time there is to one that is never stopped', () => {
    const never = { idleMs: 600 * MINUTE_MS, leftMs: undefined, isWarned: false };
    expect(idleStatusOf(session(600, 0), 30 * MINUTE_MS, NOW)).toEqual(never);
    expect(idleStatusOf(session(600, null), 0, NOW)).toEqual(never);
  });

  it.each(['queued', 'placing', 'starting', 'stopping', 'stopped', 'failed'] as const)(
    'says nothing of one that is %s',
    (state) => {
      expect(idleStatusOf(session(60, null, state), 30 * MINUTE_MS, NOW)).toBeUndefined();
    },
  );
});
