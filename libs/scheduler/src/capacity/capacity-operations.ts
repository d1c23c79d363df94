import type { Condition } from '../tables/condition.js';

/** What of a placement's request decides where it goes. Equal ones are refused alike. */
export interface PlacementQuestion {
  /** One, or any of several. */
  readonly gpuVendor?: string | readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly imageName?: string;
  readonly imageVersion?: string;
  readonly preferredInstanceId?: string;
}

/** What stands against a host for one request: the first thing, in this order, and by how much. */
export type Obstacle =
  /** It is out of rotation. */
  | ({ readonly code: 'condition' } & Pick<Condition, 'type' | 'message' | 'since'>)
  /** It was not heard of for this long. */
  | { readonly code: 'silent'; readonly forMs: number }
  /** The session was to be started there a moment ago, and that failed. */
  | { readonly code: 'start-failed'; readonly failure: string }
  /** `wants`: `nvidia`, or `nvidia or amd`. */
  | { readonly code: 'gpu-vendor'; readonly has: string; readonly wants: string }
  | { readonly code: 'label'; readonly name: string; readonly has: string | null; readonly wants: string }
  | { readonly code: 'image'; readonly name: string; readonly has: string; readonly wants: string }
  | { readonly code: 'slots'; readonly used: number; readonly max: number }
  | { readonly code: 'encoders'; readonly used: number; readonly max: number }
  | { readonly code: 'video-memory'; readonly shortMb: number };

export type ObstacleCode = Obstacle['code'];

export interface JudgedHost {
  readonly id: string;
  /** Share of its slots that is taken, before this placement. */
  readonly score: number;
  readonly used: number;
  readonly max: number;
  readonly obstacle: Obstacle | null;
}

/** What `describe_fleet` says of all hosts for one request. */
export interface FleetSummary {
  /** ISO 8601, of the database. */
  readonly at: string;
  readonly hostCount: number;
  /** Hosts without a link, and those not heard of for too long. */
  readonly offlineCount: number;
  /** How many hosts have which obstacle. */
  readonly counts: Readonly<Partial<Record<ObstacleCode, number>>>;
  /** At most `SCHEDULER_LIMITS.explainedHosts`, those nearest to fitting first. */
  readonly hosts: readonly JudgedHost[];
}

/** A host's slots by what takes them. */
export interface CapacityCounts {
  readonly reserved: number;
  readonly confirmed: number;
  readonly foreign: number;
}

/** What a host's counters said, and what there really is. */
export interface CapacityDrift {
  readonly was: CapacityCounts;
  readonly is: CapacityCounts;
}

/** What a host's GPU carries, as its Wolf measured it; what is absent is not known. */
export interface CapacityMeasurement {
  readonly encoderSessions?: number | undefined;
  readonly videoMemoryUsedMb?: number | undefined;
  readonly videoMemoryTotalMb?: number | undefined;
  /** Before it was asked for: what began to run later is not in it. */
  readonly sampledAt: Date;
}

export type PlaceResult =
  /** The row of `placements`. */
  | { readonly placed: Readonly<Record<string, string | null>> }
  | { readonly queued: { readonly deadlineAt: string; readonly position: number }; readonly fleet: FleetSummary }
  | { readonly refused: 'no-host' | 'queue-full' | 'queue-timeout'; readonly fleet: FleetSummary };

/** One thing for `change_capacity` to do, and how its result is read. */
export interface CapacityOperation<Result> {
  /** In the words of the function. */
  readonly ask: { readonly do: string } & Readonly<Record<string, unknown>>;
  /** Parses what the function answers, which is JSON. */
  readonly read: (result: unknown) => Result;
}

/** Reserves a slot for the session, or queues it for so long. A session that holds a slot keeps it. */
export function place(sessionId: string, request: PlacementQuestion, queueMs: number): CapacityOperation<PlaceResult> {
  return { ask: { do: 'place', id: sessionId, request, queueMs }, read: (result) => result as PlaceResult };
}

/** False when the session holds no slot. */
export function confirm(sessionId: string): CapacityOperation<boolean> {
  return { ask: { do: 'confirm', id: sessionId }, read: (result) => result === true };
}

/** False when the session held no slot. */
export function release(sessionId: string): CapacityOperation<boolean> {
  return { ask: { do: 'release', id: sessionId }, read: (result) => (result as readonly string[]).length > 0 };
}

/** Takes back at most `limit` reservations that were neither confirmed nor renewed in time; the ids of their sessions. */
export function expire(limit: number): CapacityOperation<readonly string[]> {
  return { ask: { do: 'expire', limit }, read: (result) => result as readonly string[] };
}

export function measure(wolfInstanceId: string, measurement: CapacityMeasurement): CapacityOperation<void> {
  const { sampledAt, encoderSessions, videoMemoryUsedMb, videoMemoryTotalMb } = measurement;
  return {
    ask: {
      do: 'measure',
      id: wolfInstanceId,
      sampledAt: sampledAt.toISOString(),
      encoderSessions: encoderSessions ?? null,
      videoMemoryUsedMb: videoMemoryUsedMb ?? null,
      videoMemoryTotalMb: videoMemoryTotalMb ?? null,
    },
    read: () => undefined,
  };
}

/** Recounts the host's slots; undefined when they were counted right. */
export function reconcile(
  wolfInstanceId: string,
  foreignLobbyCount: number,
): CapacityOperation<CapacityDrift | undefined> {
  return {
    ask: { do: 'reconcile', id: wolfInstanceId, foreignLobbyCount },
    read: (result) => (result as CapacityDrift | null) ?? undefined,
  };
}

/** Gives free slots to queued sessions. */
export const SERVE_QUEUE: CapacityOperation<void> = { ask: { do: 'serve' }, read: () => undefined };
