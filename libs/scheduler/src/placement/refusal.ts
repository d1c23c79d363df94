import type { DataSource } from 'typeorm';

import { statusSql } from '../instances/wolf-instance.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import type { PassedOverHost, Refusal, RefusalReason } from './placement.js';

/** Clients know the first words (helix-rest §3.1). */
const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  'none-registered': 'no Wolf instances available: none is registered',
  'all-offline': 'no Wolf instances available: none is online',
  'no-matching-gpu': 'no GPU host that is online has the GPU asked for',
  'all-full': 'GPU resource limit reached: every suitable host is full',
};

interface Counts {
  readonly registered: number;
  readonly reachable: number;
  readonly matching: number;
}

/** What stands in the way of each host, and what that makes for all. Read after the attempt: it explains, it decides nothing. */
export async function explainRefusal(dataSource: DataSource, silenceMs: number, gpuVendor: string): Promise<Refusal> {
  const hosts = `SELECT i.id, i.max_sandboxes AS max, ${statusSql('$2::float8')} <> 'offline' AS reachable,
      ($1::text = '' OR i.gpu_vendor = $1) AS matching,
      (SELECT count(*)::int FROM placements p WHERE p.wolf_instance_id = i.id) AS used
    FROM wolf_instances i`;
  const parameters = [gpuVendor, silenceMs];
  const counts = await dataSource.query<readonly Counts[]>(
    `SELECT count(*)::int AS registered, (count(*) FILTER (WHERE reachable))::int AS reachable,
       (count(*) FILTER (WHERE reachable AND matching))::int AS matching
     FROM (${hosts}) h`,
    parameters,
  );
  const passedOver = await dataSource.query<readonly PassedOverHost[]>(
    `SELECT id, CASE WHEN NOT reachable THEN 'offline' WHEN NOT matching THEN 'gpu-mismatch' ELSE 'full' END AS why, used, max
     FROM (${hosts}) h ORDER BY reachable DESC, matching DESC, id LIMIT ${SCHEDULER_LIMITS.refusedHosts}`,
    parameters,
  );
  const reason = reasonOf(counts[0] ?? { registered: 0, reachable: 0, matching: 0 });
  return { refused: true, reason, hosts: passedOver, message: MESSAGES[reason] };
}

function reasonOf({ registered, reachable, matching }: Counts): RefusalReason {
  if (registered === 0) {
    return 'none-registered';
  }
  if (reachable === 0) {
    return 'all-offline';
  }
  return matching === 0 ? 'no-matching-gpu' : 'all-full';
}
