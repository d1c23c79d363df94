/** Conditions on the row of a session, which several statements share. It holds nothing any more. */
export const HAS_ENDED = `state IN ('stopped','failed')`;

/** Nobody is at work on it. */
export const LEASE_IS_FREE = '(lease_expires_at IS NULL OR lease_expires_at < now())';

/** Where its owner wants it, or as near as it gets. The index `sessions_unsettled` has the same words. */
export const IS_SETTLED = `(state IN ('stopped','failed') OR (state = 'running' AND desired = 'running'))`;
