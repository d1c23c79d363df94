import type { FleetSummary, JudgedHost, ObstacleCode } from '../capacity/capacity-operations.js';
import type { FleetJudgement } from '../capacity/change-capacity.js';
import { describeObstacle } from './describe-obstacle.js';
import type { ConsideredHost, PlacementDecision, RefusalReason } from './placement.js';

/** Clients know the first words (helix-rest §3.1). */
const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  'none-registered': 'no Wolf instances available: none is registered',
  'all-offline': 'no Wolf instances available: none is online',
  'none-in-rotation': 'no Wolf instances available: none that is online takes sessions now',
  'no-matching-gpu': 'no GPU host that takes sessions has the GPU asked for',
  'no-matching-labels': 'no GPU host that takes sessions has the labels asked for',
  'no-matching-image': 'no GPU host that takes sessions has the image asked for',
  'all-full': 'GPU resource limit reached: every suitable host is full',
  'queue-full': 'GPU resource limit reached: every suitable host is full, and as many sessions wait as may',
  'queue-timeout': 'GPU resource limit reached: no slot became free in the time that the session was to wait',
};

/** How far a host came before something spoke against it; the furthest tells why there is no place. */
const STAGES: readonly (readonly [RefusalReason, readonly ObstacleCode[]])[] = [
  ['no-matching-gpu', ['gpu-vendor']],
  ['no-matching-labels', ['label']],
  ['no-matching-image', ['image']],
  ['all-full', ['slots', 'encoders', 'video-memory']],
];

const PHRASES: readonly (readonly [ObstacleCode, string])[] = [
  ['condition', 'out of rotation'],
  ['silent', 'not heard of'],
  ['start-failed', 'that could not start it'],
  ['gpu-vendor', 'of another GPU'],
  ['label', 'without the labels'],
  ['image', 'without the image'],
  ['slots', 'with all slots taken'],
  ['encoders', 'with all encoders taken'],
  ['video-memory', 'short of video memory'],
];

/** What a fleet said of one request, in words. `refusal`: why it is refused or queued; absent: what would be done now. */
export function explainPlacement(
  { chosen, fleet }: FleetJudgement,
  strategy: PlacementDecision['strategy'],
  outcome: PlacementDecision['outcome'] = chosen === undefined ? 'refused' : 'placed',
  refusal?: 'queue-full' | 'queue-timeout',
): PlacementDecision {
  const { at, counts, hostCount } = fleet;
  const now = new Date(at);
  const reason = outcome === 'placed' ? undefined : (refusal ?? refusalReasonOf(fleet));
  const taken = chosen && {
    id: chosen.id,
    score: chosen.score,
    why: whyChosen(chosen.score, chosen.used, chosen.max, strategy, chosen.isPreferred),
  };
  return {
    outcome,
    at: now.toISOString(),
    strategy,
    message: sentence(outcome, reason, fleet),
    ...(reason !== undefined && { reason }),
    ...(taken !== undefined && { chosen: taken }),
    consideredCount: hostCount,
    counts,
    hosts: fleet.hosts.map((host) => (host.id === taken?.id ? taken : considered(host, now))),
  };
}

/** `2 of another GPU, 1 with all slots taken`; empty when nothing speaks against any. */
export function describeCounts(counts: FleetSummary['counts']): string {
  return PHRASES.flatMap(([code, phrase]) => {
    const count = counts[code] ?? 0;
    return count === 0 ? [] : [`${String(count)} ${phrase}`];
  }).join(', ');
}

export function whyChosen(score: number, used: number, max: number, strategy: string, isPreferred = false): string {
  const load = `${String(used)}/${String(max)} slots taken (${String(Math.round(score * 100))} %)`;
  return isPreferred ? `chosen: its workspace is there; ${load}` : `chosen: ${strategy}, ${load}`;
}

function considered({ id, score, used, max, obstacle }: JudgedHost, now: Date): ConsideredHost {
  return obstacle === null
    ? { id, score, why: `fits: ${String(used)}/${String(max)} slots taken` }
    : { id, score, obstacle, why: describeObstacle(obstacle, now) };
}

/** The furthest that any host came before something stood against it. */
function refusalReasonOf({ hostCount, offlineCount, counts }: FleetSummary): RefusalReason {
  if (hostCount === 0) return 'none-registered';
  if (offlineCount === hostCount) return 'all-offline';
  if ((counts.condition ?? 0) + (counts.silent ?? 0) === hostCount) return 'none-in-rotation';
  return STAGES.findLast(([, codes]) => codes.some((code) => counts[code] !== undefined))?.[0] ?? 'all-full';
}

function sentence(
  outcome: PlacementDecision['outcome'],
  reason: RefusalReason | undefined,
  { counts, hostCount }: FleetSummary,
): string {
  const obstacles = describeCounts(counts);
  const hosts = `${String(hostCount)} host${hostCount === 1 ? '' : 's'}`;
  if (outcome === 'placed' || reason === undefined) {
    const fitCount = hostCount - Object.values(counts).reduce((sum, count) => sum + count, 0);
    return `${String(fitCount)} of ${hosts} would take it${obstacles === '' ? '' : ` (${obstacles})`}`;
  }
  const why = obstacles === '' ? MESSAGES[reason] : `${MESSAGES[reason]} (of ${hosts}: ${obstacles})`;
  return outcome === 'queued' ? `waits for a slot: ${why}` : why;
}
