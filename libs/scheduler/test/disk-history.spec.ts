import { DiskHistory, FleetEvents, SCHEDULER_LIMITS, WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL. */
describe('disks of hosts', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let history: DiskHistory;
  let events: FleetEvents;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    history = new DiskHistory(database.dataSource);
    events = new FleetEvents(database.dataSource);
  });
  beforeEach(async () => {
    await database.clear();
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
  });
  afterAll(() => database.close());

  const beat = (used: number, by = registry): Promise<boolean> =>
    by.heartbeat('a', { disk_usage: [{ mount_point: '/var', total_bytes: 1_000, used_bytes: used * 10 }] });

  async function alerts(): Promise<readonly unknown[]> {
    const all = await events.list({ wolfInstanceId: 'a', limit: 500 });
    return all
      .filter(({ kind }) => kind === 'disk-alert')
      .map(({ details, message }) => `${String(details['from'])} → ${String(details['to'])}: ${message}`)
      .reverse();
  }

  /** As if a sample had been taken each five minutes until now. */
  async function fill(mount: string, days: number): Promise<void> {
    await database.dataSource.query(
      `INSERT INTO wolf_disk_samples SELECT 'a', $1, at, 1000, CASE WHEN n % 97 = 0 THEN 990 ELSE 500 END, 500, 50.1, 'ok'
       FROM generate_series(1, $2::int * 288) n, LATERAL (SELECT now() - n * interval '5 minutes' AS at) t`,
      [mount, days],
    );
  }

  describe('history', () => {
    it('keeps the last of what is told within five minutes, for each mount', async () => {
      const span = (): number => Math.floor(Date.now() / SCHEDULER_LIMITS.diskSampleMs);
      for (let began = -1; began !== span();) {
        // Once more if a span ended between the two.
        await database.dataSource.query('TRUNCATE wolf_disk_samples');
        began = span();
        await beat(10.06);
        await beat(20);
      }
      await registry.heartbeat('a', { disk_usage: [{ mount_point: '/', total_bytes: 9, used_bytes: 9 }] });
      expect(await history.read('a', 24)).toEqual([
        expect.objectContaining({ mountPoint: '/', usedPercent: 100, alertLevel: 'critical' }),
        {
          at: expect.any(Date) as Date,
          mountPoint: '/var',
          totalBytes: 1_000,
          usedBytes: 200,
          availBytes: 800,
          usedPercent: 20,
          alertLevel: 'ok',
        },
      ]);
    });

    it.each([1, 24, 25, 100, 168])('of %i hours has at most 300 points a mount, and every peak', async (hours) => {
      await fill('/', 8);
      await fill('/var', 8);
      const samples = (await history.read('a', hours)).filter(({ mountPoint }) => mountPoint === '/');
      expect(samples.length).toBeLessThanOrEqual(SCHEDULER_LIMITS.diskHistoryPoints);
      expect(samples.length).toBeGreaterThan(Math.min(hours * 12, 150) - 2);
      expect(samples.filter(({ usedBytes }) => usedBytes === 990)).toHaveLength(Math.floor((hours * 12 - 0.1) / 97));
      expect(samples.map(({ at }) => at.getTime())).toEqual(
        samples.map(({ at }) => at.getTime()).sort((x, y) => x - y),
      );
    });

    it('is kept for a week and goes with its host', async () => {
      await fill('/', 20);
      await history.purge();
      const count = async (): Promise<unknown> =>
        await database.dataSource.query('SELECT count(*)::int AS count FROM wolf_disk_samples');
      expect(await count()).toEqual([{ count: 7 * 288 - 1 }]);
      await registry.remove('a');
      expect(await count()).toEqual([{ count: 0 }]);
    });

    it('is bounded for a host whose mounts have another name each time', async () => {
      for (let round = 0; round < 5; round += 1) {
        const disk_usage = Array.from({ length: 32 }, (_, index) => {
          return { mount_point: `/${String(round)}-${String(index)}`, total_bytes: 9, used_bytes: 1 };
        });
        await registry.heartbeat('a', { disk_usage });
      }
      const samples = await history.read('a', 1);
      // The rounds may lie on both sides of a span's end.
      expect(samples.length).toBeLessThanOrEqual(2 * SCHEDULER_LIMITS.diskSamplesPerSpan);
    });
  });

  describe('alerts', () => {
    it('alert once for each rise, from the first report on and after each fall', async () => {
      for (const used of [85, 86, 96, 97, 85, 50, 99, 10]) await beat(used);
      expect(await alerts()).toEqual([
        'ok → warning: /var is 85 % full',
        'warning → critical: /var is 96 % full',
        'ok → critical: /var is 99 % full',
      ]);
    });

    it('are written once when the same rise is told many times at once, to several replicas', async () => {
      const other = new WolfInstanceRegistry(await database.connect());
      await Promise.all(Array.from({ length: 24 }, (_, index) => beat(96, index % 2 === 0 ? registry : other)));
      expect(await alerts()).toEqual(['ok → critical: /var is 96 % full']);
    });

    it('are not written by a heartbeat that is refused', async () => {
      const disk_usage = [{ mount_point: '/var', total_bytes: 100, used_bytes: 99 }];
      await expect(registry.heartbeat('a', { disk_usage, gpus: 'none' })).rejects.toMatchObject({
        code: 'INVALID_HEARTBEAT',
      });
      expect([await alerts(), await history.read('a', 1)]).toEqual([[], []]);
    });
  });
});
