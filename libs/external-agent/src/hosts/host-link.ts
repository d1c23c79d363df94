import { runnerIdOf, type ConnectionManager } from '@helix/revdial';
import { LIMITS } from '../limits.js';

/** The link through which a host's streams are signalled, as its viewers are told of it. */
export type HostLink =
  | { readonly state: 'connected' | 'unstable'; readonly generation: number }
  | { readonly state: 'reconnecting'; readonly leftMs: number }
  | { readonly state: 'lost' };

export function hostLinkOf(
  connections: Pick<ConnectionManager, 'find'>,
  wolfInstanceId: string,
  now = new Date(),
): HostLink {
  const runner = connections.find(runnerIdOf('moonlight', wolfInstanceId));
  if (runner === undefined) return { state: 'lost' };
  if (runner.state === 'grace') {
    return { state: 'reconnecting', leftMs: Math.max(0, runner.graceEndsAt.getTime() - now.getTime()) };
  }
  if (runner.state === 'away') return { state: 'reconnecting', leftMs: runner.resumeLeftMs };
  const isSilent = runner.stats.unansweredMs >= LIMITS.unstableAfterMs;
  return { state: isSilent ? 'unstable' : 'connected', generation: runner.generation };
}
