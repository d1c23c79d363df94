import type { DataSource } from 'typeorm';

import { eventually } from '@helix/pacing/testing';
import { FleetEvents, ProbeFacts, SCHEDULER_LIMITS, StatusSweeper, WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost, letTimePass } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL, and several processes' views of it. */
describe('the status of hosts', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let sweeper: StatusSweeper;
  let events: FleetEvents;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    sweeper = new StatusSweeper(database.dataSource);
    events = new FleetEvents(database.dataSource);
  });
  beforeEach(async () => {
    await database.clear();
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
  });
  afterAll(() => database.close());

  /** What placement sees, and with it the row's own status. */
  async function stored(id = 'a'): Promise<unknown> {
    const [row] = await database.dataSource.query<object[]>(
      `SELECT i.status, c.rank, jsonb_path_query_array(i.conditions, '$[*].type') AS types
       FROM wolf_instances i JOIN wolf_capacities c ON c.wolf_instance_id = i.id WHERE i.id = $1`,
      [id],
    );
    return row;
  }

  async function told(id = 'a'): Promise<readonly string[]> {
    const all = await events.list({ wolfInstanceId: id, limit: 500 });
    return all.toReversed().map(({ kind, details }) => {
      const [what, how] = kind === 'status' ? [details['from'], details['to']] : [details['type'], details['has']];
      return `${kind}: ${String(what)} ${String(how)}`;
    });
  }

  const beatLate = (ms: number): Promise<unknown> =>
    database.dataSource.query(
      `UPDATE wolf_instances SET last_heartbeat_at = last_heartbeat_at - $1::float8 * interval '1 millisecond'`,
      [ms],
    );

  describe('each transition', () => {
    it('is an event, with what began and what ended', async () => {
      await database.dataSource.query('TRUNCATE wolf_instance_events');
      await registry.markLinkLost('a');
      await registry.heartbeat('a', { disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: 99 }] });
      await registry.markLinkConnected('a', 'a:1');
      await registry.heartbeat('a', { disk_usage: [{ mount_point: '/', total_bytes: 100, used_bytes: 9 }] });
      await registry.heartbeat('a', {});
      expect((await told()).filter((event) => !event.startsWith('disk-alert'))).toEqual([
        'condition: LinkDown begun',
        'status: online offline',
        'condition: DiskCritical begun',
        'condition: LinkDown ended',
        'status: offline degraded',
        'condition: DiskCritical ended',
        'status: degraded online',
      ]);
      const [last] = await events.list({ wolfInstanceId: 'a', limit: 1 });
      expect(last?.message).toBe('nothing speaks against it');
    });

    it('is written once by sweepers that find it at the same time', async () => {
      await database.dataSource.query('TRUNCATE wolf_instance_events');
      await letTimePass(database.dataSource, 'a', 91_000);
      const others = await Promise.all([database.connect(), database.connect()]);
      await Promise.all([sweeper, ...others.map((other) => new StatusSweeper(other))].map((each) => each.sweep()));
      expect(await told()).toEqual(['condition: Silent begun', 'status: online offline']);
    });
  });

  it('a fact that takes a host out of rotation -> is not visible before its rank', async () => {
    const blocker = (await database.connect()).createQueryRunner();
    await blocker.startTransaction();
    await blocker.query(`SELECT FROM wolf_capacities WHERE wolf_instance_id = 'a' FOR UPDATE`);
    const noted = new ProbeFacts(database.dataSource).noteCanary('a', { ok: false, failure: 'no answer' });
    await eventually(async () => {
      const rows = await database.dataSource.query<object[]>(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rows).toHaveLength(1);
    });
    expect(await registry.find('a')).toMatchObject({ status: 'online', canaryFailure: '' });
    await blocker.commitTransaction();
    await blocker.release();
    await noted;
    expect(await registry.find('a')).toMatchObject({ status: 'degraded', canaryFailure: 'no answer' });
    expect(await stored()).toEqual({ status: 'degraded', rank: null, types: ['CanaryFailing'] });
  });

  describe('the sweeper', () => {
    it('silent host: out of rotation; heard of again: back in', async () => {
      await letTimePass(database.dataSource, 'a', 91_000);
      expect(await stored()).toEqual({ status: 'online', rank: 0, types: [] });
      await sweeper.sweep();
      expect(await stored()).toEqual({ status: 'offline', rank: null, types: ['Silent'] });

      await database.dataSource.query('UPDATE wolf_instances SET last_seen_at = now()');
      await sweeper.sweep();
      expect(await stored()).toEqual({ status: 'online', rank: 0, types: [] });
    });

    it('makes a host whose heartbeat is late the last choice, until the next heartbeat', async () => {
      await registry.heartbeat('a', {});
      await beatLate(121_000);
      await sweeper.sweep();
      expect(await stored()).toEqual({ status: 'degraded', rank: 1, types: ['HeartbeatLate'] });
      await registry.heartbeat('a', {});
      expect(await stored()).toEqual({ status: 'online', rank: 0, types: [] });
    });

    it('settles what a process wrote that died before it settled it', async () => {
      await addOnlineHost(registry, { id: 'b', maxSandboxes: 4 });
      await database.dataSource.query(
        `UPDATE wolf_instances SET gpu_monitoring = 'lost', facts_version = facts_version + 1 WHERE id = 'a';
         UPDATE wolf_instances SET cordoned_at = now(), facts_version = facts_version + 1 WHERE id = 'b'`,
      );
      await sweeper.sweep();
      expect([await stored('a'), await stored('b')]).toEqual([
        { status: 'degraded', rank: 1, types: ['GpuMonitoringLost'] },
        { status: 'cordoned', rank: null, types: ['Cordoned'] },
      ]);
      await database.dataSource.query(
        `UPDATE wolf_instances SET gpu_monitoring = 'ok', facts_version = facts_version + 1 WHERE id = 'a'`,
      );
      await sweeper.sweep();
      expect(await stored('a')).toEqual({ status: 'online', rank: 0, types: [] });
    });

    it('leaves hosts alone whose status is right', async () => {
      const before = await database.dataSource.query<unknown>('SELECT xmin, ctid FROM wolf_instances');
      await sweeper.sweep();
      expect(await database.dataSource.query('SELECT xmin, ctid FROM wolf_instances')).toEqual(before);
    });
  });

  describe('a late heartbeat', () => {
    let beating: DataSource;
    let holder: DataSource;

    beforeAll(async () => {
      [beating, holder] = await Promise.all([database.connect(), database.connect()]);
    });

    /** Does both while the host's row is held by another transaction, so that they stand in line for it in this order. */
    async function inLine(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<void> {
      const waiting = (count: number): Promise<void> =>
        eventually(async () => {
          const rows = await database.dataSource.query<object[]>(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          );
          expect(rows).toHaveLength(count);
        });
      const runner = holder.createQueryRunner();
      await runner.startTransaction();
      await runner.query(`SELECT FROM wolf_instances WHERE id = 'a' FOR UPDATE`);
      const doing = [first()];
      await waiting(1);
      doing.push(second());
      await waiting(2);
      await runner.commitTransaction();
      await runner.release();
      await Promise.all(doing);
    }

    const beat = (): Promise<unknown> => new WolfInstanceRegistry(beating).heartbeat('a', {});

    beforeEach(async () => {
      await registry.heartbeat('a', {});
      await database.dataSource.query('TRUNCATE wolf_instance_events');
      await letTimePass(database.dataSource, 'a', 91_000);
      await beatLate(121_000);
    });

    it('wins over a sweeper that has found the host silent and has not written it yet', async () => {
      // Both have read the host as silent; the sweeper comes to its write after the heartbeat.
      await inLine(beat, () => sweeper.sweep());
      expect([await stored(), await told()]).toEqual([{ status: 'online', rank: 0, types: [] }, []]);
    });

    it('undoes what a sweeper wrote just before it', async () => {
      await inLine(() => sweeper.sweep(), beat);
      expect([await stored(), await told()]).toEqual([
        { status: 'online', rank: 0, types: [] },
        [
          'condition: Silent begun',
          'condition: HeartbeatLate begun',
          'status: online offline',
          'condition: Silent ended',
          'condition: HeartbeatLate ended',
          'status: offline online',
        ],
      ]);
    });

    it('leaves the status right when many come from everywhere at once', async () => {
      const other = new StatusSweeper(holder);
      await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          if (index % 4 === 0) await letTimePass(database.dataSource, 'a', 91_000);
          else if (index % 4 === 1) await beat();
          else await (index % 4 === 2 ? sweeper : other).sweep();
        }),
      );
      await beat();
      await sweeper.sweep();
      expect(await stored()).toEqual({ status: 'online', rank: 0, types: [] });
      const statuses = (await told()).filter((event) => event.startsWith('status'));
      // Each transition once, and no gap between them.
      statuses.forEach((event, index) => {
        expect(event).toBe(index % 2 === 0 ? 'status: online offline' : 'status: offline online');
      });
    });
  });

  it('events are kept for a month, bounded per host, also of removed hosts', async () => {
    const { eventsPerInstance } = SCHEDULER_LIMITS;
    await registry.remove('a');
    await database.dataSource.query('TRUNCATE wolf_instance_events');
    await database.dataSource.query(
      `INSERT INTO wolf_instance_events (wolf_instance_id, kind, message, at)
       SELECT id, 'status', n::text, now() - (CASE WHEN n <= 3 THEN 31 ELSE 1 END) * interval '1 day'
       FROM generate_series(1, 600) n, unnest(ARRAY['a', 'b']) id WHERE id = 'a' OR n < 10`,
    );
    await events.purge();
    const kept = async (wolfInstanceId: string): Promise<readonly string[]> =>
      (await events.list({ wolfInstanceId, limit: 500 })).map(({ message }) => message);
    expect(await kept('b')).toEqual(['9', '8', '7', '6', '5', '4']);
    const ofA = await kept('a');
    expect([ofA.length, ofA[0], ofA.at(-1)]).toEqual([eventsPerInstance, '600', '101']);
  });
});
