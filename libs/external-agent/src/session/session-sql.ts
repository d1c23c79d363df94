/** Conditions on the row of a session, which several statements share. It holds nothing any more. */
export const HAS_ENDED = `state IN ('stopped','failed')`;

/** Nobody is at work on it. */
export const LEASE_IS_FREE = '(lease_expires_at IS NULL OR lease_expires_at < now())';

/** No host has a slot for it, and it stands in the queue for one; the queue is watched, so nobody drives it meanwhile. */
export const IS_WAITING = `(state = 'queued' AND desired = 'running' AND queue_deadline_at IS NOT NULL)`;

/** Where its owner wants it, or as near as it gets. The index `sessions_unsettled` has the same words. */
export const IS_SETTLED = `(state IN ('stopped','failed') OR (state = 'running' AND desired = 'running'))`;
