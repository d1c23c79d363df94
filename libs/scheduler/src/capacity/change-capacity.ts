import { EntityManager, type DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { sqlStateOf } from '../sql-state.js';

/** In the words of the function `change_capacity`; the `id` is a session's, or a host's where a host is changed. */
export type CapacityOperation =
  | { readonly do: 'place'; readonly id: string; readonly request: PlacementQuestion; readonly queueMs: number }
  | { readonly do: 'confirm' | 'release'; readonly id: string }
  /** Takes back at most `limit` reservations whose time is over. */
  | { readonly do: 'expire'; readonly limit: number }
  | {
      readonly do: 'measure';
      readonly id: string;
      readonly sampledAt: string;
      readonly encoderSessions: number | null;
      readonly videoMemoryUsedMb: number | null;
      readonly videoMemoryTotalMb: number | null;
    }
  | { readonly do: 'reconcile'; readonly id: string; readonly foreignLobbyCount: number }
  /** Looks whether who waits can be placed by now. */
  | { readonly do: 'serve' };

/** What of a placement's request decides where it goes. Equal ones are refused alike. */
export interface PlacementQuestion {
  readonly gpuVendor?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly imageName?: string;
  readonly imageVersion?: string;
  readonly preferredInstanceId?: string;
}

export const PLACEMENT_STRATEGIES = ['least-loaded', 'round-robin', 'bin-pack'] as const;
export type PlacementStrategy = (typeof PLACEMENT_STRATEGIES)[number];

/** What the operator has decided for all hosts. */
export interface PlacementPolicy {
  readonly strategy: PlacementStrategy;
  /** A host not heard of for this long gets no sessions. */
  readonly silenceMs: number;
  /** Of a host that has no limit of its own; null: no limit. */
  readonly encoderSessionsMax: number | null;
  /** What a session is taken to need on a host that does not say otherwise; 0: nothing. */
  readonly videoMemoryPerSessionMb: number;
}

export const DEFAULT_PLACEMENT_POLICY: PlacementPolicy = {
  strategy: 'least-loaded',
  silenceMs: SCHEDULER_LIMITS.silenceMs,
  encoderSessionsMax: null,
  videoMemoryPerSessionMb: SCHEDULER_LIMITS.videoMemoryPerSessionMbDefault,
};

/** Any fixed number that nothing else in the database uses. */
const PLACEMENT_LOCK_KEY = 7_036_874_417;

/** PostgreSQL's code for a lock that was not granted in time. */
const LOCK_NOT_AVAILABLE = '55P03';
/** And for a transaction that lost against another: nothing of it was done. */
const CONFLICT = /^40(?:001|P01)$/;
const CONFLICT_ATTEMPTS = 3;

/**
 * Until the transaction ends, capacity is changed by it alone. Rejects with `PLACEMENT_BUSY` when that is not had in time. Before
 * any row is locked: those who change capacity lock rows afterwards.
 */
export async function lockCapacity(manager: EntityManager): Promise<void> {
  await orBusy(async () => {
    await manager.query(`SELECT set_config('lock_timeout', $1, true)`, [String(SCHEDULER_LIMITS.placementLockMs)]);
    await manager.query('SELECT pg_advisory_xact_lock($1)', [PLACEMENT_LOCK_KEY]);
  });
}

/**
 * Does the operations in one transaction that alone may change capacity, and resolves with the result of each, in their order.
 * Rejects with `PLACEMENT_BUSY` when the lock is not had in time, and with the database's errors; either way nothing is changed.
 */
export async function changeCapacity(
  database: DataSource | EntityManager,
  operations: readonly CapacityOperation[],
  policy: PlacementPolicy = DEFAULT_PLACEMENT_POLICY,
): Promise<readonly unknown[]> {
  const options = {
    ...policy,
    lockKey: PLACEMENT_LOCK_KEY,
    lockMs: SCHEDULER_LIMITS.placementLockMs,
    reserveMs: SCHEDULER_LIMITS.reservationMs,
    unseenMs: SCHEDULER_LIMITS.unseenMs,
    queueMax: SCHEDULER_LIMITS.queuedSessions,
    queueShapes: SCHEDULER_LIMITS.queueShapes,
    recordedHosts: SCHEDULER_LIMITS.recordedHosts,
  };
  const change = () =>
    database.query<{ readonly place: number; readonly result: unknown }[]>(
      'SELECT place, result FROM change_capacity($1::jsonb, $2::jsonb)',
      [JSON.stringify(operations), JSON.stringify(options)],
    );
  // Within somebody's transaction, which is lost as a whole, nothing can be tried again here.
  const rows = await orBusy(() => (database instanceof EntityManager ? change() : despiteConflicts(change)));
  const results: unknown[] = [];
  for (const { place, result } of rows) results[place] = result;
  return results;
}

async function orBusy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const sqlState = sqlStateOf(cause) ?? '';
    if (sqlState === LOCK_NOT_AVAILABLE || CONFLICT.test(sqlState)) {
      throw new SchedulerError('PLACEMENT_BUSY', 'too many sessions are being placed at this moment', { cause });
    }
    throw cause;
  }
}

/** For work that is a transaction by itself. */
async function despiteConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === CONFLICT_ATTEMPTS || !CONFLICT.test(sqlStateOf(error) ?? '')) throw error;
    }
  }
}
