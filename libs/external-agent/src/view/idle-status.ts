import type { SessionEntity } from '../session/session.entity.js';

/** How long a desktop may still be left alone. Times in milliseconds. */
export interface IdleStatus {
  readonly idleMs: number;
  /** `undefined`: it is never stopped for idleness. */
  readonly leftMs: number | undefined;
  /** The stop is near enough for the owner to be warned. */
  readonly isWarned: boolean;
}

/** Owners are warned so long before the stop, of Helix's 30 minutes the last 25 (helix-rest §2.4). */
const WARNING_MAX_MS = 25 * 60_000;
const WARNING_SHARE = 25 / 30;

/** `undefined` for a session without a running desktop. `defaultLimitMs` counts where the session has no limit of its own. */
export function idleStatusOf(session: SessionEntity, defaultLimitMs: number, now: Date): IdleStatus | undefined {
  if (session.state !== 'running') return undefined;
  const idleMs = Math.max(0, now.getTime() - session.lastActivityAt.getTime());
  const limitMs = session.idleLimitMs ?? defaultLimitMs;
  if (limitMs === 0) return { idleMs, leftMs: undefined, isWarned: false };
  const leftMs = Math.max(0, limitMs - idleMs);
  return { idleMs, leftMs, isWarned: leftMs > 0 && leftMs <= Math.min(WARNING_MAX_MS, limitMs * WARNING_SHARE) };
}
