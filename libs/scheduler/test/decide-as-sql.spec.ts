import fc from 'fast-check';

import { changeCapacity, type PlacementPolicy, type PlacementQuestion } from '../src/capacity/change-capacity.js';
import { decide } from '../src/placement/decide.js';
import { listPlacementHosts } from '../src/placement/list-placement-hosts.js';
import type { PlacementHost } from '../src/placement/placement-host.js';
import { arbitraryFleet, arbitraryPolicy, arbitraryQuestion, FLEET_NOW } from './arbitrary-fleet.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

const numRuns = Math.min(5_000, Number(process.env['FUZZ_RUNS'] ?? 100));

/** Real: PostgreSQL. What explains a decision is written in TypeScript, what makes it in SQL: here they meet. */
describe('the decision of the database', () => {
  let database: SchedulerDatabase;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
  });
  afterAll(() => database.close());

  /** Writes the rows as they are, whoever would write them otherwise. */
  async function make(hosts: readonly PlacementHost[]): Promise<void> {
    // Quicker than a TRUNCATE, for a few rows.
    await database.dataSource.query('DELETE FROM placements');
    await database.dataSource.query('DELETE FROM wolf_instances');
    await database.dataSource.query(
      `INSERT INTO wolf_instances (id, name, address, max_sandboxes, link_connected, last_seen_at, conditions)
       SELECT h->>'id', h->>'id', 'x', (h->>'maxSandboxes')::int, (h->>'linkConnected')::boolean,
         now() - ($2::timestamptz - (h->>'lastSeenAt')::timestamptz), h->'conditions'
       FROM jsonb_array_elements($1::jsonb) h`,
      [JSON.stringify(hosts), FLEET_NOW],
    );
    await database.dataSource.query(
      `UPDATE wolf_capacities c SET rank = (h->>'rank')::smallint, gpu_vendor = h->>'gpuVendor', labels = h->'labels',
         images = h->'images', reserved = (h->>'reserved')::int, confirmed = (h->>'confirmed')::int,
         foreign_lobbies = (h->>'foreignLobbies')::int, unseen = (h->>'unseen')::int,
         encoder_sessions = (h->>'encoderSessions')::int, encoder_sessions_max = (h->>'encoderSessionsMax')::int,
         video_memory_used_mb = (h->>'videoMemoryUsedMb')::int, video_memory_total_mb = (h->>'videoMemoryTotalMb')::int,
         video_memory_per_session_mb = (h->>'videoMemoryPerSessionMb')::int, placed_seq = (h->>'placedSeq')::bigint
       FROM jsonb_array_elements($1::jsonb) h WHERE c.wolf_instance_id = h->>'id'`,
      [JSON.stringify(hosts)],
    );
  }

  async function hostInDatabase(question: PlacementQuestion, policy: PlacementPolicy): Promise<string | undefined> {
    const [result] = await changeCapacity(
      database.dataSource,
      [{ do: 'place', id: 'ses_1', request: question, queueMs: 0 }],
      policy,
    );
    return (result as { readonly placed?: { readonly wolf_instance_id: string } }).placed?.wolf_instance_id;
  }

  it('is the one that is explained, for whatever fleet, question and policy', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, async (hosts, question, policy) => {
        await make(hosts);
        const read = await listPlacementHosts(database.dataSource);
        const explained = decide(read.hosts, question, policy, read.now);
        expect(await hostInDatabase(question, policy)).toBe(explained.chosen?.host.id);
      }),
      { numRuns },
    );
  });
});
