/** The life of a session. `failed` and `stopped` hold no lobby, no token and no slot. */
export const SESSION_STATES = ['queued', 'placing', 'starting', 'running', 'stopping', 'stopped', 'failed'] as const;
export type SessionState = (typeof SESSION_STATES)[number];

/** What the owner wants; the state follows it. */
export type DesiredState = 'running' | 'stopped';

/** What becomes of a session whose host is lost and does not come back in time. */
export const HOST_LOST_WISHES = ['fail', 'restart'] as const;
export type HostLostWish = (typeof HOST_LOST_WISHES)[number];

/** Why a session is in its state, for people and for programs. */
export interface SessionReason {
  readonly code: string;
  readonly message: string;
}

export function isSettled(state: SessionState): boolean {
  return state === 'running' || state === 'stopped' || state === 'failed';
}
