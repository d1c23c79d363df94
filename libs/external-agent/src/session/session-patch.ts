import type { SessionEntity } from './session.entity.js';

/** The columns which a command may change while it holds the session's lease. */
export type SessionPatch = Partial<
  Pick<
    SessionEntity,
    | 'state'
    | 'reason'
    | 'generation'
    | 'wolfInstanceId'
    | 'lobbyId'
    | 'startAttempts'
    | 'startedAt'
    | 'stoppedAt'
    | 'queuePosition'
    | 'queueDeadlineAt'
    | 'hostLostAt'
    | 'hostLostDeadlineAt'
  >
>;

/** It waits for no slot any more, or not yet. */
export const NOT_WAITING = { queuePosition: null, queueDeadlineAt: null } as const satisfies SessionPatch;
/** Its host is not lost, or is no concern of it any more. */
export const HOST_NOT_LOST = { hostLostAt: null, hostLostDeadlineAt: null } as const satisfies SessionPatch;
