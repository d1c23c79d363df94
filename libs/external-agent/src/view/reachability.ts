import { runnerIdOf, type ConnectedRunner, type RunnerPresence } from '@helix/revdial';
import { LIMITS } from '../limits.js';
import type { SessionEntity } from '../session/session.entity.js';

/**
 * Whether a desktop that should run can be reached, as its viewer is told:
 *
 *   connected          its link has a connection and answers
 *   unstable           its link has been silent for 1.5 s, or is lost or being resumed while its host is there: a moment's trouble
 *   desktop-away       its host is there, and the desktop holds no link: it boots, or its agent is gone
 *   host-reconnecting  the host's link is lost or without a connection; it may come back within `leftMs`
 *   host-lost          the link was given up; the host may come back with the desktop within `leftMs`, where that is told
 */
export type Reachability =
  | { readonly state: 'connected' | 'unstable' | 'desktop-away' }
  | { readonly state: 'host-lost'; readonly leftMs?: number }
  | { readonly state: 'host-reconnecting'; readonly leftMs: number };

export type ReachabilityState = Reachability['state'];
export const REACHABILITY_STATES = [
  'connected',
  'unstable',
  'desktop-away',
  'host-reconnecting',
  'host-lost',
] as const satisfies readonly ReachabilityState[];

/** `undefined` for a session that should have no desktop now. `isLocal`: its host is reached without a link. */
export function reachabilityOf(
  session: SessionEntity,
  presence: Pick<RunnerPresence, 'find'>,
  isLocal: boolean,
  now: Date,
): Reachability | undefined {
  if ((session.state !== 'running' && session.state !== 'stopping') || session.wolfInstanceId === null)
    return undefined;
  const desktop = presence.find(runnerIdOf('sandbox', session.id));
  if (desktop?.state === 'connected') return { state: isSilent(desktop) ? 'unstable' : 'connected' };
  const host = isLocal ? undefined : presence.find(runnerIdOf('wolf', session.wolfInstanceId));
  if (isLocal || host?.state === 'connected') {
    return { state: desktop === undefined || desktop.state === 'expected' ? 'desktop-away' : 'unstable' };
  }
  if (host === undefined) {
    const deadlineAt = session.hostLostDeadlineAt ?? undefined;
    return { state: 'host-lost', ...(deadlineAt !== undefined && { leftMs: timeLeft(deadlineAt, now) }) };
  }
  return { state: 'host-reconnecting', leftMs: host.leftMs };
}

function timeLeft(endsAt: Date, now: Date): number {
  return Math.max(0, endsAt.getTime() - now.getTime());
}

/** Has it owed a sign of life for so long that viewers are told? */
export function isSilent(runner: ConnectedRunner): boolean {
  return runner.stats.unansweredMs >= LIMITS.unstableAfterMs;
}
