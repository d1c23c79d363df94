import {
  PlacementService,
  SCHEDULER_LIMITS,
  WolfInstanceRegistry,
  type Placement,
  type PlacementRequest,
  type PlacementStrategy,
  type Refusal,
} from '../src/index.js';
import { place } from '../src/capacity/capacity-operations.js';
import { changeCapacity } from '../src/capacity/change-capacity.js';
import { eventually } from '@helix/pacing/testing';
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

  async function hostOf(sessionId: string, more: Omit<PlacementRequest, 'sessionId'> = {}): Promise<string> {
    const outcome = await placements.place({ sessionId, ...more });
    if ('queued' in outcome) return 'queued';
    return 'refused' in outcome ? outcome.reason : outcome.wolfInstanceId;
  }

  describe('under concurrency', () => {
    it('64 placements from two replicas on 20 free slots: 20 placed, 44 refused', async () => {
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

    it('takes only hosts with the requested GPU, in any spelling; any host without', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1, gpuVendor: 'NVIDIA' });
      expect(await hostOf('ses_1', { gpuVendor: 'nvidia' })).toBe('b');
      expect(await hostOf('ses_2', { gpuVendor: '' })).toBe('a');
    });

    it('any of several GPU vendors -> a host of one of them, and none of another', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 1, gpuVendor: 'amd' });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1, gpuVendor: 'nvidia' });
      await addOnlineHost(registry, { id: 'c', maxSandboxes: 9, gpuVendor: 'intel' });
      const gpuVendor = ['NVIDIA', 'amd'];
      expect([await hostOf('ses_1', { gpuVendor }), await hostOf('ses_2', { gpuVendor })].sort()).toEqual(['a', 'b']);
      expect(await hostOf('ses_3', { gpuVendor })).toBe('all-full');
      const { hosts } = await placements.explain({ gpuVendor });
      expect(hosts).toContainEqual(expect.objectContaining({ id: 'c', why: 'gpu_vendor intel ≠ nvidia or amd' }));
      expect(await hostOf('ses_4', { gpuVendor: [] })).toBe('c');
    });

    it('takes the preferred host while it is suitable, else another', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      await hostOf('ses_1', { preferredInstanceId: 'b' });
      expect(await hostOf('ses_2', { preferredInstanceId: 'b' })).toBe('b');
      expect(await hostOf('ses_3', { preferredInstanceId: 'b' })).toBe('a');
      expect(await hostOf('ses_4', { preferredInstanceId: 'nobody' })).toBe('a');
    });

    it('takes no host with a critical disk, and says so', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await registry.heartbeat('a', { disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: 99 }] });
      const outcome = await placements.place({ sessionId: 'ses_1' });
      expect(outcome).toMatchObject({ reason: 'none-in-rotation', decision: { counts: { condition: 1 } } });
      expect('refused' in outcome && outcome.decision.hosts[0]?.why).toMatch(/^\/ is 99 % full for \d+ s$/);
    });

    it('takes a host of which it is last choice only when no other fits', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 1 });
      await database.dataSource.query(`UPDATE wolf_instances SET placement_rank = 1 WHERE id = 'a'`);
      expect(await hostOf('ses_1')).toBe('b');
      expect(await hostOf('ses_2')).toBe('a');
    });

    it('takes only hosts with all labels, and none that holds another version of the image', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 9 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 9 });
      await database.dataSource.query(`UPDATE wolf_instances SET labels = '{"region":"eu","zone":"1"}' WHERE id = 'b'`);
      await registry.heartbeat('a', { desktop_versions: { sway: 'v1' } });
      expect(await hostOf('ses_1', { labels: { region: 'eu' } })).toBe('b');
      expect(await hostOf('ses_2', { labels: { region: 'eu', zone: '2' } })).toBe('no-matching-labels');
      expect(await hostOf('ses_3', { image: 'registry/helix-sway:v1' })).toBe('a');
      expect(await hostOf('ses_4', { image: 'registry/helix-sway:v2' })).toBe('b');
      expect(await hostOf('ses_5', { image: 'registry/helix-sway:v2', preferredInstanceId: 'a' })).toBe('b');
    });

    it('counts encoders and video memory, also of sessions that no measurement shows yet', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 20 });
      await database.dataSource.query(
        `UPDATE wolf_capacities SET encoder_sessions = 3, encoder_sessions_max = 5, measured_at = now()`,
      );
      expect([await hostOf('ses_1'), await hostOf('ses_2'), await hostOf('ses_3')]).toEqual(['a', 'a', 'all-full']);
      const { hosts } = await placements.explain({});
      expect(hosts[0]).toMatchObject({ obstacle: { code: 'encoders', used: 5, max: 5 }, why: 'encoders 5/5' });

      await database.dataSource.query(
        `UPDATE wolf_capacities SET encoder_sessions_max = NULL, video_memory_total_mb = 16384, video_memory_used_mb = 11264`,
      );
      // Two that are not seen yet, and this one: 6 of 5 GiB.
      expect(await hostOf('ses_4')).toBe('all-full');
      expect((await placements.explain({})).hosts[0]).toMatchObject({ why: 'video memory 1.0 GB short' });
      await placements.release('ses_1');
      expect(await hostOf('ses_4')).toBe('a');
    });

    it('goes by turns, or fills one host before the next, as the operator has it', async () => {
      for (const id of ['a', 'b', 'c']) await addOnlineHost(registry, { id, maxSandboxes: 3 });
      const placeBy = async (strategy: PlacementStrategy, count: number): Promise<string[]> => {
        const service = new PlacementService(database.dataSource, { strategy });
        const hosts: string[] = [];
        for (let index = 0; index < count; index += 1) {
          const outcome = await service.place({ sessionId: `ses_${strategy}_${String(index)}` });
          hosts.push('wolfInstanceId' in outcome ? outcome.wolfInstanceId : '');
        }
        return hosts;
      };
      expect(await placeBy('round-robin', 4)).toEqual(['a', 'b', 'c', 'a']);
      expect(await placeBy('bin-pack', 3)).toEqual(['a', 'c', 'c']);
    });

    it('spreads ties: who was not placed on for the longest time is next', async () => {
      for (const id of ['a', 'b', 'c']) await addOnlineHost(registry, { id, maxSandboxes: 3 });
      const hosts: string[] = [];
      for (let index = 0; index < 6; index += 1) {
        hosts.push(await hostOf(`ses_${String(index)}`));
        await placements.release(`ses_${String(index)}`);
      }
      expect(hosts).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
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
      expect(await placements.place({ sessionId: 'ses_1' })).toMatchObject({
        reason: 'none-registered',
        decision: { hosts: [] },
      });
    });

    it('says that all are offline, by lost link and by silence', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 2 });
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 2 });
      await registry.markLinkLost('a');
      await letTimePass(database.dataSource, 'b', 91_000);
      expect(await placements.place({ sessionId: 'ses_1' })).toMatchObject({
        refused: true,
        reason: 'all-offline',
        decision: {
          hosts: [
            { id: 'b', obstacle: { code: 'silent' }, why: 'not heard of for 91 s' },
            { id: 'a', obstacle: { code: 'condition', type: 'LinkDown' }, why: 'no link for 0 s' },
          ],
        },
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
        message:
          'no GPU host that takes sessions has the GPU asked for (of 3 hosts: 1 out of rotation, 2 of another GPU)',
        decision: {
          hosts: [
            { id: 'a', why: 'gpu_vendor amd ≠ nvidia' },
            { id: 'b', why: 'gpu_vendor unknown ≠ nvidia' },
            { id: 'c', why: 'no link for 0 s' },
          ],
        },
      });
      expect(await placements.find('ses_1')).toBeUndefined();
    });

    it('all full, also a host without slots: refusal names at most 50 hosts', async () => {
      for (let index = 0; index < 52; index += 1) {
        await addOnlineHost(registry, { id: `h${index}`, maxSandboxes: 0 });
      }
      const refusal = await placements.place({ sessionId: 'ses_1' });
      expect(refusal).toMatchObject({ reason: 'all-full' });
      expect('refused' in refusal && refusal.decision.hosts).toHaveLength(50);
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

  it('reads no more of a large fleet than of a small one', async () => {
    const rowsRead = async (hostCount: number): Promise<unknown> => {
      await database.clear();
      await database.dataSource.query(
        `INSERT INTO wolf_instances (id, name, address, max_sandboxes, link_connected, placement_rank)
         SELECT 'h' || n, 'h', 'x', 10, true, 0 FROM generate_series(1, $1::int) n`,
        [hostCount],
      );
      return await database.dataSource.transaction(async (manager) => {
        const reads = async (): Promise<{ readonly scans: number; readonly rows: number }> => {
          const [counted] = await manager.query<{ scans: number; rows: number }[]>(
            `SELECT seq_scan::int AS scans, (seq_tup_read + idx_tup_fetch)::int AS rows
             FROM pg_stat_xact_user_tables WHERE relname = 'wolf_capacities'`,
          );
          return counted ?? { scans: NaN, rows: NaN };
        };
        const before = await reads();
        await changeCapacity(manager, [place('ses_1', {}, 0)]);
        const after = await reads();
        return { scans: after.scans - before.scans, rows: after.rows - before.rows };
      });
    };
    const small = await rowsRead(10);
    // One to choose it, one to count on it.
    expect(small).toEqual({ scans: 0, rows: 2 });
    expect(await rowsRead(5_000)).toEqual(small);
  });
});
