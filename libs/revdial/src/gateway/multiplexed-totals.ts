import { emptyResetCounts } from '../mux/reset-code.js';
import type { ResetCode } from '../mux/reset-code.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { MultiplexedConnection } from '../links/multiplexed-connection.js';

/** Over all links of generation 3 of this replica. */
export interface MultiplexedTotals {
  readonly connectionCount: number;
  /** Of them, those that wait to be resumed. */
  readonly awayCount: number;
  /** Since the process began. */
  readonly resetsByCode: Readonly<Record<ResetCode, number>>;
  readonly queuedBytesByClass: Readonly<Record<StreamClass, number>>;
  readonly unreadBytes: number;
  /** Kept for a replay. */
  readonly replayBufferedBytes: number;
  /** Of each link that knows its own. */
  readonly roundTripsMs: readonly number[];
}

/** `endedResets`: those of links that are gone. */
export function multiplexedTotalsOf(
  connections: Iterable<MultiplexedConnection>,
  endedResets: Readonly<Record<ResetCode, number>>,
): MultiplexedTotals {
  const totals = { connectionCount: 0, awayCount: 0, unreadBytes: 0, replayBufferedBytes: 0 };
  const resetsByCode = emptyResetCounts();
  addResets(resetsByCode, endedResets);
  const queuedBytesByClass = { interactive: 0, bulk: 0 };
  const roundTripsMs: number[] = [];
  for (const connection of connections) {
    const { stats } = connection;
    totals.connectionCount += 1;
    if (connection.resumeLeftMs !== undefined) totals.awayCount += 1;
    totals.unreadBytes += stats.unreadBytes;
    totals.replayBufferedBytes += stats.replayBufferedBytes;
    queuedBytesByClass.interactive += stats.queuedBytesByClass.interactive;
    queuedBytesByClass.bulk += stats.queuedBytesByClass.bulk;
    if (stats.roundTripMs !== undefined) roundTripsMs.push(stats.roundTripMs);
    addResets(resetsByCode, stats.resetsByCode);
  }
  return { ...totals, resetsByCode, queuedBytesByClass, roundTripsMs };
}

export function addResets(sum: Record<ResetCode, number>, more: Readonly<Record<ResetCode, number>>): void {
  for (const code of Object.keys(sum) as ResetCode[]) sum[code] += more[code];
}
