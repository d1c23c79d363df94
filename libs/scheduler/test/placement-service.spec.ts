import {
  PlacementService,
  SCHEDULER_LIMITS,
  WolfInstanceRegistry,
  type Placement,
  type Refusal,
} from '../src/index.js';
import { eventually } from '../../../test/support/eventually.js';
import { addOnlineHost, letTimePass } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL, and for what concerns several replicas, several connection pools. */
describe('PlacementService', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let placements: PlacementService;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    placements = new PlacementService(database.dataSource);
  });
  beforeEach(() => database.clear());
  afterAll(() => database.close());

  async function hostOf(
    sessionId: string,
    more: { gpuVendor?: string; preferredInstanceId?: string } = {},
  ): Promise<string> {
    const outcome = await placements.place({ sessionId, ...more });
    return 'refused' in outcome ? outcome.reason : outcome.wolfInstanceId;
  }

  describe('under concurrency', () => {
    it('places exactly 20 of 64 sessions on 20 free slots, from two replicas, and refuses 44 as full', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 12 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 5 });
      await addOnlineHost(registry, { id: 'c', maxSandboxes: 3 });
      const replicas = [placements, new PlacementService(await database.connect())];

      const outcomes = await Promise.all(
        Array.from({ length: 64 }, async (_, index) => replicas[index % 2]?.place({ sessionId: `ses_${index}` })),
      );

      const refused = outcomes.filter((outcome): outcome is Refusal => outcome !== undefined && 'refused' in outcome);
      const placed = outcomes.filter(
        (outcome): outcome is Placement => outcome !== undefined && !('refused' in outcome),
      );
      expect(placed).toHaveLength(20);
      expect(refused).toHaveLength(44);
      expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(['all-full']));
      const load = (await registry.list()).map(({ id, connectedSandboxCount }) => [id, connectedSandboxCount]);
      expect(new Map(load as [string, number][])).toEqual(
        new Map([
          ['a', 12],
          ['b', 5],
          ['c', 3],
        ]),
      );
    });

    it('gives 32 simultaneous calls for one session one slot', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 2 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      const hosts = await Promise.all(Array.from({ length: 32 }, () => hostOf('ses_1')));
      expect(new Set(hosts).size).toBe(1);
      expect((await registry.list()).reduce((sum, { connectedSandboxCount }) => sum + connectedSandboxCount, 0)).toBe(
        1,
      );
    });

    it('waits for its turn without the connections that everything else needs', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 64 });
      const other = await database.connect();
      const blocker = other.createQueryRunner();
      await blocker.startTransaction();
      await blocker.query('LOCK TABLE placements IN ACCESS EXCLUSIVE MODE');
      const outcomes = Promise.allSettled(
        Array.from({ length: 64 }, (_, index) => placements.place({ sessionId: `ses_${index}` })),
      );
      try {
        await eventually(async () => {
          const waiting = await other.query<{ count: number }[]>(
            `SELECT count(DISTINCT pid)::int AS count FROM pg_locks
             WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
          );
          expect(waiting).toEqual([{ count: SCHEDULER_LIMITS.placementsAtOnce }]);
        });
        // Well before any of those at the lock gives up.
        const askedAt = performance.now();
        await Promise.all(Array.from({ length: 20 }, () => database.dataSource.query('SELECT 1')));
        expect(performance.now() - askedAt).toBeLessThan(SCHEDULER_LIMITS.placementLockMs / 2);
      } finally {
        await blocker.rollbackTransaction();
        await blocker.release();
      }
      expect(new Set((await outcomes).map(({ status }) => status))).toEqual(new Set(['fulfilled']));
      expect(await placements.listByInstance('a')).toHaveLength(64);
    });

    it('never goes over while slots are released and taken again', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 3 });
      let most = 0;
      await Promise.all(
        Array.from({ length: 12 }, async (_, index) => {
          for (let round = 0; round < 5; round += 1) {
            await placements.place({ sessionId: `ses_${index}` });
            most = Math.max(most, (await placements.listByInstance('a')).length);
            await placements.release(`ses_${index}`);
          }
        }),
      );
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(3);
      expect(await placements.listByInstance('a')).toEqual([]);
    });
  });

  describe('choosing', () => {
    it('takes the least loaded by share of slots, then by count, then by id', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 2 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 4 });
      const hosts: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        hosts.push(await hostOf(`ses_${index}`));
      }
      expect(hosts).toEqual(['a', 'b', 'b', 'a', 'b', 'b']);
    });

    it('takes only hosts of the GPU asked for, in any spelling, and any host when none is asked for', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1, gpuVendor: 'NVIDIA' });
      expect(await hostOf('ses_1', { gpuVendor: 'nvidia' })).toBe('b');
      expect(await hostOf('ses_2', { gpuVendor: '' })).toBe('a');
    });

    it('takes the preferred host while it is suitable, else another', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      await hostOf('ses_1', { preferredInstanceId: 'b' });
      expect(await hostOf('ses_2', { preferredInstanceId: 'b' })).toBe('b');
      expect(await hostOf('ses_3', { preferredInstanceId: 'b' })).toBe('a');
      expect(await hostOf('ses_4', { preferredInstanceId: 'nobody' })).toBe('a');
    });

    it('takes a host with a critical disk only when no other has room', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1 });
      await registry.heartbeat('a', { disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: 99 }] });
      expect(await hostOf('ses_1')).toBe('b');
      expect(await hostOf('ses_2')).toBe('a');
    });

    it('keeps the place of a session whose host went offline', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 1 });
      await hostOf('ses_1');
      await registry.markLinkLost('a');
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1 });
      expect(await hostOf('ses_1')).toBe('a');
    });
  });

  describe('refusing', () => {
    it('says that none is registered', async () => {
      expect(await placements.place({ sessionId: 'ses_1' })).toMatchObject({ reason: 'none-registered', hosts: [] });
    });

    it('says that all are offline, by lost link and by silence', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 2 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      await registry.markLinkLost('a');
      await letTimePass(database.dataSource, 'b', 91_000);
      expect(await placements.place({ sessionId: 'ses_1' })).toMatchObject({
        refused: true,
        reason: 'all-offline',
        hosts: [
          { id: 'a', why: 'offline', used: 0, max: 2 },
          { id: 'b', why: 'offline', used: 0, max: 2 },
        ],
      });
    });

    it('says that no GPU matches, and what stands in the way of each host', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 2, gpuVendor: 'amd' });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      await addOnlineHost(registry, { id: 'c', maxSandboxes: 2, gpuVendor: 'nvidia' });
      await registry.markLinkLost('c');
      const refusal = await placements.place({ sessionId: 'ses_1', gpuVendor: 'nvidia' });
      expect(refusal).toMatchObject({
        reason: 'no-matching-gpu',
        hosts: [
          { id: 'a', why: 'gpu-mismatch' },
          { id: 'b', why: 'gpu-mismatch' },
          { id: 'c', why: 'offline' },
        ],
      });
      expect(await placements.find('ses_1')).toBeUndefined();
    });

    it('says that all are full, also for a host of no slots, and names at most 50 hosts', async () => {
      for (let index = 0; index < 52; index += 1) {
        await addOnlineHost(registry, { id: `h${index}`, maxSandboxes: 0 });
      }
      const refusal = await placements.place({ sessionId: 'ses_1' });
      expect(refusal).toMatchObject({ reason: 'all-full' });
      expect('refused' in refusal && refusal.hosts).toHaveLength(50);
    });

    it('gives up as busy when the lock is not had in time', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 1 });
      const outcome = await database.dataSource.transaction(async (manager) => {
        await manager.query('LOCK TABLE wolf_instances IN ACCESS EXCLUSIVE MODE');
        return await placements.place({ sessionId: 'ses_1' }).catch((error: unknown) => error);
      });
      expect(outcome).toMatchObject({ code: 'PLACEMENT_BUSY', retryable: true });
      expect(await placements.find('ses_1')).toBeUndefined();
    }, 15_000);
  });

  it('confirms a slot once, and tells when there is none', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 1 });
    await placements.place({ sessionId: 'ses_1' });
    expect(await placements.find('ses_1')).toMatchObject({ state: 'reserved', confirmedAt: null });

    expect(await placements.confirm('ses_1')).toBe(true);
    const confirmed = await placements.find('ses_1');
    expect(confirmed?.state).toBe('confirmed');
    expect(await placements.confirm('ses_1')).toBe(true);
    expect((await placements.find('ses_1'))?.confirmedAt).toEqual(confirmed?.confirmedAt);
    expect(await placements.confirm('ses_2')).toBe(false);
  });

  it('frees a slot once, however often it is released', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 1 });
    await placements.place({ sessionId: 'ses_1' });
    expect(await hostOf('ses_2')).toBe('all-full');
    expect(await placements.release('ses_1')).toBe(true);
    expect(await placements.release('ses_1')).toBe(false);
    expect(await hostOf('ses_2')).toBe('a');
    expect(await hostOf('ses_3')).toBe('all-full');
  });
});
