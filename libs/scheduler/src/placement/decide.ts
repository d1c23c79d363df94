import type { PlacementPolicy, PlacementQuestion } from '../capacity/change-capacity.js';
import { obstacleOf, usedSlotsOf } from './obstacle-of.js';
import type { Obstacle } from './obstacle.js';
import type { PlacementHost } from './placement-host.js';

export interface JudgedHost {
  readonly host: PlacementHost;
  /** Share of its slots that is taken, before this placement. */
  readonly score: number;
  readonly obstacle: Obstacle | undefined;
}

export interface Judgement {
  /** The first of `hosts` without an obstacle. */
  readonly chosen: JudgedHost | undefined;
  /** It is chosen because it was asked for. */
  readonly isPreferred: boolean;
  /** In the order in which they are looked at; out of rotation come last. */
  readonly hosts: readonly JudgedHost[];
}

/**
 * What the function `choose_host` would do with these hosts, and what speaks against each: the preferred one first, then healthy
 * before last choice, then in the order of the strategy.
 */
export function decide(
  hosts: readonly PlacementHost[],
  question: PlacementQuestion,
  policy: PlacementPolicy,
  now: Date,
): Judgement {
  const judged = hosts
    .map((host): JudgedHost => ({
      host,
      score: usedSlotsOf(host) / Math.max(host.maxSandboxes, 1),
      obstacle: obstacleOf(host, question, policy, now),
    }))
    .toSorted((one, other) => rankOf(one) - rankOf(other) || compare(one, other, policy));
  const preferred = judged.find(
    ({ host, obstacle }) => host.id === question.preferredInstanceId && obstacle === undefined,
  );
  return {
    chosen: preferred ?? judged.find(({ obstacle }) => obstacle === undefined),
    isPreferred: preferred !== undefined,
    hosts: judged,
  };
}

function rankOf({ host }: JudgedHost): number {
  return host.rank ?? 2;
}

function compare(one: JudgedHost, other: JudgedHost, { strategy }: PlacementPolicy): number {
  const byTurn = compareTurns(one.host, other.host);
  switch (strategy) {
    case 'least-loaded':
      return one.score - other.score || byTurn;
    case 'round-robin':
      return byTurn;
    case 'bin-pack':
      return other.score - one.score || -byTurn;
    default:
      return strategy satisfies never;
  }
}

/** Ties go to the host that was not placed on for the longest time; by the id, which is ASCII, among those that never were. */
function compareTurns(one: PlacementHost, other: PlacementHost): number {
  return compareCounts(one.placedSeq, other.placedSeq) || compareTexts(one.id, other.id);
}

/** Of PostgreSQL's bigints, which come as decimal digits. */
function compareCounts(one: string, other: string): number {
  return one.length - other.length || compareTexts(one, other);
}

function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
