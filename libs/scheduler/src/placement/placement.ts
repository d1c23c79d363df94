import type { PlacementState } from '../tables/placement.entity.js';
import type { PlacementStrategy } from '../capacity/change-capacity.js';
import type { Obstacle, ObstacleCode } from '../capacity/capacity-operations.js';

export interface Placement {
  readonly sessionId: string;
  readonly wolfInstanceId: string;
  readonly state: PlacementState;
  readonly reservedAt: Date;
  readonly confirmedAt: Date | null;
  /** When a reservation is taken back that is neither confirmed nor asked for again; null once it is confirmed. */
  readonly expiresAt: Date | null;
}

/** A host on which a session could not be started. */
export interface FailedHost {
  readonly id: string;
  /** The code of what went wrong. */
  readonly failure: string;
}

export interface PlacementRequest {
  readonly sessionId: string;
  /** Absent or empty: any host, also one whose GPU is not known. Else only hosts that named this vendor, or one of these. */
  readonly gpuVendor?: string | readonly string[];
  /** Only hosts that have all of these labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** An image's whole reference. A host that reports another version of it is passed over. */
  readonly image?: string;
  /** Taken when it is suitable, for a session whose files lie there; otherwise as if it were not given. */
  readonly preferredInstanceId?: string;
  /** Hosts on which the start has failed a moment ago, and how: told in the record of why. */
  readonly failedOn?: readonly FailedHost[];
  /** How long the session waits for a slot when there is none, in milliseconds; absent or 0: it is refused at once. */
  readonly queueMs?: number;
}

/**
 * The first of these that no host passes is the reason. `queue-full`, `queue-timeout`: it was willing to wait, and could not
 * or did so in vain.
 */
export const REFUSAL_REASONS = [
  'none-registered',
  'all-offline',
  'none-in-rotation',
  'no-matching-gpu',
  'no-matching-labels',
  'no-matching-image',
  'all-full',
  'queue-full',
  'queue-timeout',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

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

/** There is no place now. An expected outcome, not an error; nothing is reserved. */
export interface Refusal {
  readonly refused: true;
  readonly reason: RefusalReason;
  /** One sentence that names no host. */
  readonly message: string;
  /** For operators; it names hosts. */
  readonly decision: PlacementDecision;
}

/** There is no place now, and the session waits for one. The next request for it tells how it stands. */
export interface Queued {
  readonly queued: true;
  /** From 1, among all who wait. */
  readonly position: number;
  readonly deadlineAt: Date;
  readonly message: string;
  readonly decision: PlacementDecision;
}
