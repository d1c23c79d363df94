import { EntityManager, type DataSource } from 'typeorm';

import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { sqlStateOf } from '../sql-state.js';
import type { CapacityOperation, FleetSummary, JudgedHost, PlacementQuestion } from './capacity-operations.js';

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
export const PLACEMENT_LOCK_KEY = 7_036_874_417;

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
 * Does the operations in one transaction that alone may change capacity, and resolves with what the function answers to each, in
 * their order. Rejects with `PLACEMENT_BUSY` when the lock is not had in time, and with the database's errors; either way nothing
 * is changed.
 */
export async function changeCapacity(
  database: DataSource | EntityManager,
  operations: readonly CapacityOperation<unknown>[],
  policy: PlacementPolicy = DEFAULT_PLACEMENT_POLICY,
): Promise<readonly unknown[]> {
  const asks = JSON.stringify(operations.map(({ ask }) => ask));
  const change = () =>
    database.query<{ readonly place: number; readonly result: unknown }[]>(
      'SELECT place, result FROM change_capacity($1::jsonb, $2::jsonb)',
      [asks, JSON.stringify(optionsOf(policy))],
    );
  // Within the caller's transaction, which is lost as a whole, nothing can be tried again here.
  const rows = await orBusy(() => (database instanceof EntityManager ? change() : retryConflicts(change)));
  const results: unknown[] = [];
  for (const { place, result } of rows) results[place] = result;
  return results;
}

/** What `choose_host` would do now, and what it sees of the whole fleet. Changes nothing. */
export interface FleetJudgement {
  readonly chosen: (Omit<JudgedHost, 'obstacle'> & { readonly isPreferred?: boolean }) | undefined;
  readonly fleet: FleetSummary;
}

/** Rejects with the database's errors. */
export async function judgeFleet(
  dataSource: DataSource,
  question: PlacementQuestion,
  policy: PlacementPolicy,
): Promise<FleetJudgement> {
  const [row] = await dataSource.query<
    { readonly host: FleetJudgement['chosen'] | null; readonly fleet: FleetSummary }[]
  >('SELECT host, fleet FROM choose_host($1::jsonb, $2::jsonb)', [
    JSON.stringify(question),
    JSON.stringify({ ...optionsOf(policy), isExplained: true }),
  ]);
  if (row === undefined) throw new Error('choose_host answered no row');
  return { chosen: row.host ?? undefined, fleet: row.fleet };
}

/** In the words of the functions. */
function optionsOf(policy: PlacementPolicy): Readonly<Record<string, unknown>> {
  return {
    ...policy,
    lockKey: PLACEMENT_LOCK_KEY,
    lockMs: SCHEDULER_LIMITS.placementLockMs,
    reserveMs: SCHEDULER_LIMITS.reservationMs,
    unseenMs: SCHEDULER_LIMITS.unseenMs,
    queueMax: SCHEDULER_LIMITS.queuedSessions,
    queueShapes: SCHEDULER_LIMITS.queueShapes,
    recordedHosts: SCHEDULER_LIMITS.recordedHosts,
    explainedHosts: SCHEDULER_LIMITS.explainedHosts,
  };
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
async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === CONFLICT_ATTEMPTS || !CONFLICT.test(sqlStateOf(error) ?? '')) throw error;
    }
  }
}
