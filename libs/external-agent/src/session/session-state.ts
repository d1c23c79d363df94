/** The states of a session. `failed` and `stopped` hold no lobby, no token and no slot. */
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
  return state === 'running' || hasEnded(state);
}

export function hasEnded(state: SessionState): boolean {
  return state === 'stopped' || state === 'failed';
}

/** In SQL, of a row of `sessions`. */
export const HAS_ENDED = `state IN ('stopped','failed')`;

/** No driver is at work on it. */
export const LEASE_IS_FREE = '(lease_expires_at IS NULL OR lease_expires_at < now())';

/** No host has a slot for it, and it stands in the queue for one; the queue is watched, so that no driver takes it meanwhile. */
export const IS_WAITING = `(state = 'queued' AND desired = 'running' AND queue_deadline_at IS NOT NULL)`;

/** Where its owner wants it, or as near as it gets. The index `sessions_unsettled` has the same words. */
export const IS_SETTLED = `(state IN ('stopped','failed') OR (state = 'running' AND desired = 'running'))`;
