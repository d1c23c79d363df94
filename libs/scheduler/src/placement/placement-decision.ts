import type { PlacementStrategy } from '../capacity/change-capacity.js';
import type { Obstacle, ObstacleCode } from './obstacle.js';
import type { RefusalReason } from './placement.js';

export interface ConsideredHost {
  readonly id: string;
  /** Share of its slots that was taken, where that was looked at. */
  readonly score?: number;
  /** Absent for the chosen one, and for those that would have done as well. */
  readonly obstacle?: Obstacle;
  /** For people. */
  readonly why: string;
}

/** Why a session is where it is, or nowhere. Names hosts: for operators. */
export interface PlacementDecision {
  readonly outcome: 'placed' | 'refused' | 'queued';
  /** ISO 8601. */
  readonly at: string;
  readonly strategy: PlacementStrategy;
  /** One sentence that names no host. */
  readonly message: string;
  /** Of a refusal, and of what a queued session waits for. */
  readonly reason?: RefusalReason;
  readonly chosen?: ConsideredHost;
  /** How many hosts were looked at. Those out of rotation, full, or of another GPU need not be, to find one that fits. */
  readonly consideredCount: number;
  /** Of those, how many each thing spoke against. */
  readonly counts: Readonly<Partial<Record<ObstacleCode, number>>>;
  /** At most `SCHEDULER_LIMITS.explainedHosts`, those nearest to fitting first. */
  readonly hosts: readonly ConsideredHost[];
}
