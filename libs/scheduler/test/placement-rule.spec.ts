import fc from 'fast-check';

import { place, type PlacementQuestion } from '../src/capacity/capacity-operations.js';
import {
  changeCapacity,
  DEFAULT_PLACEMENT_POLICY,
  judgeFleet,
  PLACEMENT_STRATEGIES,
  type PlacementStrategy,
} from '../src/capacity/change-capacity.js';
import { explainPlacement } from '../src/placement/explain-placement.js';
import { arbitraryFleet, arbitraryPolicy, arbitraryQuestion } from './arbitrary-fleet.js';
import { askOracle, usedSlotsOf, type FleetHost } from './placement-oracle.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

const numRuns = Math.min(5_000, Number(process.env['FUZZ_RUNS'] ?? 100));

/** Real: PostgreSQL, which holds the rule. An oracle in the test says what it must answer. */
describe('the rule of placement', () => {
  let database: SchedulerDatabase;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
  });
  afterAll(() => database.close());

  /** Writes the rows as they are, also such as the code would not write. */
  async function make(hosts: readonly FleetHost[]): Promise<void> {
    // Quicker than a TRUNCATE, for a few rows.
    await database.dataSource.query(
      'DELETE FROM placements; DELETE FROM placement_decisions; DELETE FROM wolf_instances',
    );
    await database.dataSource.query(
      `INSERT INTO wolf_instances (id, name, address, max_sandboxes, link_connected, last_seen_at, conditions)
       SELECT h->>'id', h->>'id', 'x', (h->>'maxSandboxes')::int, (h->>'linkConnected')::boolean,
         now() - (h->>'silentMs')::float8 * interval '1 millisecond', h->'conditions'
       FROM jsonb_array_elements($1::jsonb) h`,
      [JSON.stringify(hosts)],
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

  const placeOne = async (sessionId: string, question: PlacementQuestion, policy = DEFAULT_PLACEMENT_POLICY) => {
    const operation = place(sessionId, question, 0);
    const [result] = await changeCapacity(database.dataSource, [operation], policy);
    return operation.read(result);
  };

  it('any fleet, question and policy -> the host and the counts of the oracle', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, async (hosts, question, policy) => {
        await make(hosts);
        const { chosenId, counts, fitting } = askOracle(hosts, question, policy);
        const judgement = await judgeFleet(database.dataSource, question, policy);
        const { chosen, fleet } = judgement;
        expect(chosen?.id).toBe(chosenId);
        expect(fleet.counts).toEqual(counts);
        expect(fleet.hostCount).toBe(hosts.length);
        expect(fleet.hosts.map(({ id }) => id).toSorted()).toEqual(hosts.map(({ id }) => id).toSorted());
        expect(
          fleet.hosts
            .filter(({ obstacle }) => obstacle === null)
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual(fitting.toSorted());
        // Without a preference the chosen host is the first of those told of.
        if (chosen !== undefined && chosen.isPreferred !== true) expect(fleet.hosts[0]?.id).toBe(chosen.id);

        const explained = explainPlacement(judgement, policy.strategy);
        expect(explained.outcome).toBe(chosenId === undefined ? 'refused' : 'placed');
        expect(explained.reason === undefined).toBe(chosenId !== undefined);
        expect(explained.hosts.every(({ why }) => why !== '')).toBe(true);
        // Users who may not know the hosts are shown this sentence.
        for (const { id } of hosts) expect(explained.message).not.toContain(id);
      }),
      { numRuns },
    );
  });

  it('placed → no limit exceeded; refused → an obstacle at each host', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, async (hosts, question, policy) => {
        await make(hosts);
        const result = await placeOne('ses_1', question, policy);
        if (!('placed' in result)) {
          expect(result).toMatchObject({ refused: 'no-host' });
          expect(result.fleet.hosts.map(({ obstacle }) => obstacle)).not.toContain(null);
          expect(Object.values(result.fleet.counts).reduce((sum, count) => sum + count, 0)).toBe(hosts.length);
          return;
        }
        const taken = hosts.find(({ id }) => id === result.placed['wolf_instance_id']);
        if (taken === undefined) throw new Error('placed on a host that is not there');
        expect(taken.rank).not.toBeNull();
        expect(taken.linkConnected).toBe(true);
        expect(taken.silentMs).toBeLessThanOrEqual(policy.silenceMs);
        expect(usedSlotsOf(taken) + 1).toBeLessThanOrEqual(taken.maxSandboxes);
        expect([question.gpuVendor ?? taken.gpuVendor].flat()).toContain(taken.gpuVendor);
        expect(taken.labels).toMatchObject(question.labels ?? {});
        if (question.imageVersion !== undefined) {
          expect([undefined, question.imageVersion]).toContain(taken.images['helix-sway']);
        }
        const encoders = Math.max((taken.encoderSessions ?? 0) + taken.unseen, usedSlotsOf(taken)) + 1;
        expect(encoders).toBeLessThanOrEqual(taken.encoderSessionsMax ?? policy.encoderSessionsMax ?? Infinity);
        if (taken.videoMemoryTotalMb !== null && taken.videoMemoryUsedMb !== null) {
          const each = taken.videoMemoryPerSessionMb ?? policy.videoMemoryPerSessionMb;
          const needed = taken.videoMemoryUsedMb + (taken.unseen + 1) * each;
          // A session that needs none is placed also where less than none is free.
          if (each > 0) expect(needed).toBeLessThanOrEqual(taken.videoMemoryTotalMb);
        }
      }),
      { numRuns },
    );
  });

  it('a preferred host that fits -> is chosen', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, async (hosts, question, policy) => {
        await make(hosts);
        for (const id of askOracle(hosts, question, policy).fitting) {
          const asked = { ...question, preferredInstanceId: id };
          expect((await judgeFleet(database.dataSource, asked, policy)).chosen).toMatchObject({
            id,
            isPreferred: true,
          });
        }
      }),
      { numRuns: numRuns / 2 },
    );
  });

  it.each(['least-loaded', 'round-robin'] as const)(
    '%s on equal hosts -> within one slot of each other',
    async (strategy) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 7 }),
          fc.integer({ min: 0, max: 40 }),
          async (hostCount, placeCount) => {
            await make(Array.from({ length: hostCount }, (_, index) => equalHost(`h${String(index)}`)));
            await placeMany(placeCount, strategy);
            const rows = await database.dataSource.query<{ reserved: number }[]>(
              'SELECT reserved FROM wolf_capacities',
            );
            const loads = rows.map(({ reserved }) => reserved);
            expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
          },
        ),
        { numRuns: Math.max(numRuns / 10, 10) },
      );
    },
  );

  it('bin-pack -> fills one host before the next', async () => {
    await make(['a', 'b'].map(equalHost));
    const tens = (id: string): readonly string[] => Array.from({ length: 10 }, () => id);
    expect(await placeMany(20, 'bin-pack')).toEqual([...tens('b'), ...tens('a')]);
  });

  it('has no strategy that the oracle does not know', () => {
    expect(PLACEMENT_STRATEGIES).toEqual(['least-loaded', 'round-robin', 'bin-pack']);
  });

  /** Resolves with their hosts, in order. */
  async function placeMany(
    count: number,
    strategy: PlacementStrategy,
  ): Promise<readonly (string | null | undefined)[]> {
    const all = Array.from({ length: count }, (_, index) => place(`ses_${String(index)}`, {}, 0));
    const results = await changeCapacity(database.dataSource, all, { ...DEFAULT_PLACEMENT_POLICY, strategy });
    return all.map(({ read }, index) => {
      const result = read(results[index]);
      return 'placed' in result ? result.placed['wolf_instance_id'] : undefined;
    });
  }
});

/** In rotation, with nothing on it and no limit but its ten slots. */
function equalHost(id: string): FleetHost {
  return {
    id,
    rank: 0,
    conditions: [],
    linkConnected: true,
    silentMs: 0,
    gpuVendor: 'nvidia',
    labels: {},
    images: {},
    maxSandboxes: 10,
    reserved: 0,
    confirmed: 0,
    foreignLobbies: 0,
    unseen: 0,
    encoderSessions: null,
    encoderSessionsMax: null,
    videoMemoryUsedMb: null,
    videoMemoryTotalMb: null,
    videoMemoryPerSessionMb: null,
    placedSeq: '0',
  };
}
