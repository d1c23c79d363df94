import { eventually } from '@helix/pacing/testing';

import { createTestDatabase } from '../../../test/support/postgres.js';
import { capacityFunctionsChecksum } from '../src/capacity/apply-capacity-functions.js';
import { PLACEMENT_LOCK_KEY } from '../src/capacity/change-capacity.js';
import { CAPACITY_FUNCTIONS_VERSION } from '../src/capacity/functions.sql.js';
import { applyCapacityFunctions, PlacementService, WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** What a process of the release before these functions sends: `change_capacity` and its options, without what came later. */
const EARLIER_OPTIONS = {
  strategy: 'least-loaded',
  silenceMs: 90_000,
  encoderSessionsMax: null,
  videoMemoryPerSessionMb: 0,
  lockKey: PLACEMENT_LOCK_KEY,
  lockMs: 5_000,
  reserveMs: 180_000,
  unseenMs: 30_000,
  queueMax: 1_000,
  queueShapes: 64,
  recordedHosts: 8,
};

/** Real: PostgreSQL. */
describe('the functions of capacity', () => {
  let database: SchedulerDatabase;

  beforeEach(async () => {
    database = await openSchedulerDatabase(createTestDatabase);
  });
  afterEach(() => database.close());

  const query = <T>(sql: string, parameters?: readonly unknown[]): Promise<T> =>
    database.dataSource.query<T>(sql, parameters === undefined ? undefined : [...parameters]);

  const askAsEarlier = async (operation: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const [row] = await query<{ result: unknown }[]>('SELECT result FROM change_capacity($1::jsonb, $2::jsonb)', [
      JSON.stringify([operation]),
      JSON.stringify(EARLIER_OPTIONS),
    ]);
    return row?.result;
  };

  it('a changed text -> a higher version', () => {
    // Another checksum here belongs to another version: else processes of two releases would replace each other's functions.
    expect([CAPACITY_FUNCTIONS_VERSION, capacityFunctionsChecksum()]).toEqual([
      2,
      'c5e523a26eeb4fde4c1f3973639b83bf659e32b3d0e03eebc0f9eb9e1f40a383',
    ]);
  });

  it('functions of this version in the database -> left alone', async () => {
    const before = await query<unknown>('SELECT xmin FROM capacity_functions');
    expect(await applyCapacityFunctions(database.dataSource)).toBe(false);
    expect(await query<unknown>('SELECT xmin FROM capacity_functions')).toEqual(before);
  });

  it('another text of this version -> replaced, once by processes that start together', async () => {
    await query(`UPDATE capacity_functions SET checksum = 'another'`);
    const starts = [database.dataSource, await database.connect(), await database.connect()];
    const applied = await Promise.all(starts.map((dataSource) => applyCapacityFunctions(dataSource)));
    expect(applied.toSorted()).toEqual([false, false, true]);
  });

  it('an older release that starts later -> does not replace newer functions', async () => {
    await query(`UPDATE capacity_functions SET version = version + 1, checksum = 'newer'`);
    await query(
      `CREATE OR REPLACE FUNCTION give_back(p_session_ids text[]) RETURNS jsonb LANGUAGE sql AS $$ SELECT '["newer"]'::jsonb $$`,
    );
    expect(await applyCapacityFunctions(database.dataSource)).toBe(false);
    expect(await askAsEarlier({ do: 'release', id: 'ses_1' })).toEqual(['newer']);
  });

  it('a process of the release before -> is served by these functions', async () => {
    await addOnlineHost(new WolfInstanceRegistry(database.dataSource), { id: 'a', maxSandboxes: 1 });
    const ask = (id: string, queueMs: number): Promise<unknown> =>
      askAsEarlier({ do: 'place', id, request: {}, queueMs });
    expect(await askAsEarlier({ do: 'place', id: 'ses_1', request: {}, queueMs: 0 })).toMatchObject({
      placed: { session_id: 'ses_1', wolf_instance_id: 'a', state: 'reserved' },
    });
    expect(await ask('ses_2', 0)).toMatchObject({ refused: 'no-host' });
    expect(await ask('ses_3', 60_000)).toMatchObject({ queued: { position: 1 } });
    expect(await askAsEarlier({ do: 'confirm', id: 'ses_1' })).toBe(true);
    expect(await askAsEarlier({ do: 'release', id: 'ses_1' })).toEqual(['ses_1']);
  });

  it('an earlier change_capacity that waits for the lock meanwhile -> succeeds', async () => {
    await addOnlineHost(new WolfInstanceRegistry(database.dataSource), { id: 'a', maxSandboxes: 1 });
    // Back to the functions of the migration, and forward again without those of this release.
    await database.dataSource.undoLastMigration();
    await database.dataSource.runMigrations();
    const blocker = (await database.connect()).createQueryRunner();
    const waiting = (count: number): Promise<void> =>
      eventually(async () => {
        const rows = await query<unknown[]>(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(rows).toHaveLength(count);
      });
    await blocker.startTransaction();
    await blocker.query('SELECT pg_advisory_xact_lock($1)', [PLACEMENT_LOCK_KEY]);
    const applied = applyCapacityFunctions(database.dataSource);
    await waiting(1);
    const placed = askAsEarlier({ do: 'place', id: 'ses_1', request: {}, queueMs: 0 });
    await waiting(2);
    await blocker.commitTransaction();
    await blocker.release();
    expect(await applied).toBe(true);
    expect(await placed).toMatchObject({ placed: { session_id: 'ses_1', wolf_instance_id: 'a' } });
    expect(await new PlacementService(database.dataSource).place({ sessionId: 'ses_2' })).toMatchObject({
      reason: 'all-full',
    });
  });
});
