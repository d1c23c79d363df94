import type { DataSource } from 'typeorm';

import type { Obstacle } from '../capacity/capacity-operations.js';
import type { PlacementStrategy } from '../capacity/change-capacity.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { describeObstacle } from './describe-obstacle.js';
import { describeCounts, whyChosen } from './explain-placement.js';
import type { ConsideredHost, FailedHost, PlacementDecision } from './placement.js';

/** As `reserve_slot` writes it. */
interface PlacedRecord {
  readonly strategy: PlacementStrategy;
  readonly chosen: {
    readonly id: string;
    readonly score: number;
    readonly used: number;
    readonly max: number;
    readonly isPreferred?: boolean;
  };
  readonly consideredCount: number;
  readonly passed: readonly { readonly id: string; readonly obstacle: Obstacle }[];
}

type StoredRecord =
  | { readonly outcome: 'placed'; readonly decision: PlacedRecord; readonly at: Date }
  | { readonly outcome: 'refused' | 'queued'; readonly decision: PlacementDecision; readonly at: Date };

/** The last decision about each session, kept for a while. */
export class PlacementRecords {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** Placements are recorded where they are made. */
  async write(sessionId: string, decision: PlacementDecision): Promise<void> {
    await this.#dataSource.query(
      `INSERT INTO placement_decisions (session_id, outcome, decision) VALUES ($1, $2, $3)
       ON CONFLICT (session_id) DO UPDATE SET outcome = excluded.outcome, decision = excluded.decision, decided_at = now()
         WHERE NOT EXISTS (SELECT FROM placements p WHERE p.session_id = excluded.session_id)`,
      [sessionId, decision.outcome, JSON.stringify(decision)],
    );
  }

  /** Hosts that were tried before the one where the session was placed now. That one was chosen for their failure. */
  async addFailed(sessionId: string, failed: readonly FailedHost[]): Promise<void> {
    const passed = failed.map(({ id, failure }) => ({
      id,
      obstacle: { code: 'start-failed', failure } satisfies Obstacle,
    }));
    await this.#dataSource.query(
      `UPDATE placement_decisions SET decision = decision || jsonb_build_object(
         'chosen', decision->'chosen' || '{"isPreferred":false}', 'passed', $2::jsonb || (decision->'passed'),
         'consideredCount', (decision->>'consideredCount')::int + $3::int)
       WHERE session_id = $1 AND outcome = 'placed'`,
      [sessionId, JSON.stringify(passed), passed.length],
    );
  }

  async find(sessionId: string): Promise<PlacementDecision | undefined> {
    const [record] = await this.#dataSource.query<StoredRecord[]>(
      'SELECT outcome, decision, decided_at AS at FROM placement_decisions WHERE session_id = $1',
      [sessionId],
    );
    if (record === undefined) return undefined;
    return record.outcome === 'placed' ? placedDecision(record.decision, record.at) : record.decision;
  }

  async drop(sessionId: string): Promise<void> {
    await this.#dataSource.query('DELETE FROM placement_decisions WHERE session_id = $1', [sessionId]);
  }

  /** Drops what is too old, a bounded number at a time. */
  async purge(): Promise<void> {
    const { decisionsKeptMs, purgedAtOnce } = SCHEDULER_LIMITS;
    for (let droppedCount: number = purgedAtOnce; droppedCount === purgedAtOnce;) {
      [, droppedCount] = await this.#dataSource.query<[unknown, number]>(
        `DELETE FROM placement_decisions WHERE session_id = ANY (ARRAY(
           SELECT d.session_id FROM placement_decisions d WHERE d.decided_at < now() - $1::float8 * interval '1 millisecond'
             AND NOT EXISTS (SELECT FROM placements p WHERE p.session_id = d.session_id)
           ORDER BY d.decided_at LIMIT $2))`,
        [decisionsKeptMs, purgedAtOnce],
      );
    }
  }
}

function placedDecision({ strategy, chosen, consideredCount, passed }: PlacedRecord, at: Date): PlacementDecision {
  const { id, score, used, max, isPreferred } = chosen;
  const taken: ConsideredHost = { id, score, why: whyChosen(score, used, max, strategy, isPreferred) };
  const counts: Partial<Record<Obstacle['code'], number>> = {};
  for (const { obstacle } of passed) counts[obstacle.code] = (counts[obstacle.code] ?? 0) + 1;
  return {
    outcome: 'placed',
    at: at.toISOString(),
    strategy,
    message: passed.length === 0 ? 'placed' : `placed; passed over: ${describeCounts(counts)}`,
    chosen: taken,
    consideredCount,
    counts,
    hosts: [taken, ...passed.map((host) => ({ ...host, why: describeObstacle(host.obstacle, at) }))],
  };
}
