import type { PlacementPolicy } from '../capacity/change-capacity.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import type { JudgedHost, Judgement } from './decide.js';
import { usedSlotsOf } from './obstacle-of.js';
import { describeCounts } from './describe-counts.js';
import { describeObstacle, type ObstacleCode } from './obstacle.js';
import type { ConsideredHost, PlacementDecision } from './placement-decision.js';
import type { RefusalReason } from './placement.js';

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

/** `refusal`: what the queue said, where it has the last word. */
export function explainJudgement(
  judgement: Judgement,
  policy: PlacementPolicy,
  now: Date,
  outcome: PlacementDecision['outcome'],
  refusal?: 'queue-full' | 'queue-timeout',
): PlacementDecision {
  const counts = countObstacles(judgement.hosts);
  const reason = outcome === 'placed' ? undefined : (refusal ?? reasonOf(judgement.hosts));
  const { isPreferred, chosen } = judgement;
  const taken = outcome === 'placed' ? chosen : undefined;
  const tell = (judged: JudgedHost): ConsideredHost => considered(judged, policy, now, judged === taken, isPreferred);
  const byNearness = judgement.hosts.toSorted((one, other) => nearnessOf(one) - nearnessOf(other));
  return {
    outcome,
    at: now.toISOString(),
    strategy: policy.strategy,
    message: sentence(outcome, reason, counts, judgement.hosts.length),
    ...(reason !== undefined && { reason }),
    ...(taken !== undefined && { chosen: tell(taken) }),
    consideredCount: judgement.hosts.length,
    counts,
    hosts: byNearness.slice(0, SCHEDULER_LIMITS.explainedHosts).map(tell),
  };
}

export function whyChosen(score: number, used: number, max: number, strategy: string, isPreferred: boolean): string {
  const load = `${String(used)}/${String(max)} slots taken (${String(Math.round(score * 100))} %)`;
  return isPreferred ? `chosen: its workspace is there; ${load}` : `chosen: ${strategy}, ${load}`;
}

function considered(
  { host, score, obstacle }: JudgedHost,
  policy: PlacementPolicy,
  now: Date,
  isTaken: boolean,
  isPreferred: boolean,
): ConsideredHost {
  const used = usedSlotsOf(host);
  const fits = isTaken
    ? whyChosen(score, used, host.maxSandboxes, policy.strategy, isPreferred)
    : `fits: ${String(used)}/${String(host.maxSandboxes)} slots taken`;
  return {
    id: host.id,
    score,
    ...(obstacle !== undefined && { obstacle }),
    why: obstacle === undefined ? fits : describeObstacle(obstacle, now),
  };
}

function countObstacles(hosts: readonly JudgedHost[]): Partial<Record<ObstacleCode, number>> {
  const counts: Partial<Record<ObstacleCode, number>> = {};
  for (const { obstacle } of hosts) {
    if (obstacle !== undefined) counts[obstacle.code] = (counts[obstacle.code] ?? 0) + 1;
  }
  return counts;
}

function reasonOf(hosts: readonly JudgedHost[]): RefusalReason {
  if (hosts.length === 0) return 'none-registered';
  if (hosts.every(isOffline)) return 'all-offline';
  const inRotation = hosts.filter(({ obstacle }) => obstacle?.code !== 'condition' && obstacle?.code !== 'silent');
  if (inRotation.length === 0) return 'none-in-rotation';
  const stage = STAGES.findLast(([, codes]) =>
    inRotation.some(({ obstacle }) => obstacle !== undefined && codes.includes(obstacle.code)),
  );
  return stage?.[0] ?? 'all-full';
}

function isOffline({ host, obstacle }: JudgedHost): boolean {
  return (
    obstacle?.code === 'silent' || (host.rank === null && host.conditions.some(({ effect }) => effect === 'offline'))
  );
}

function nearnessOf({ obstacle }: JudgedHost): number {
  if (obstacle === undefined) return 0;
  const stage = STAGES.findIndex(([, codes]) => codes.includes(obstacle.code));
  return stage === -1 ? STAGES.length + 1 : STAGES.length - stage;
}

function sentence(
  outcome: PlacementDecision['outcome'],
  reason: RefusalReason | undefined,
  counts: Readonly<Partial<Record<ObstacleCode, number>>>,
  hostCount: number,
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
