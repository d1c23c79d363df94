import { eventually } from '@helix/pacing/testing';
import { EXTERNAL_AGENT_LIMITS } from '../src/index.js';
import { OWNER, RUNNING, SessionRig } from './support/session-rig.js';

describe('SessionReconciler', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  /** Sessions that stand on the host and wait to be finished there. */
  async function leaveStarting(
    host: string,
    count: number,
  ): Promise<readonly Awaited<ReturnType<typeof rig.insert>>[]> {
    const ids = await Promise.all(Array.from({ length: count }, () => rig.insert()));
    await rig.dataSource.query(
      `UPDATE sessions SET state = 'starting', wolf_instance_id = $2, updated_at = now() - interval '1 hour'
        WHERE id = ANY($1)`,
      [ids, host],
    );
    await rig.dataSource.query(
      `INSERT INTO placements (session_id, wolf_instance_id, state) SELECT unnest($1::text[]), $2, 'reserved'`,
      [ids, host],
    );
    await rig.dataSource.query('UPDATE wolf_capacities SET reserved = $2, unseen = $2 WHERE wolf_instance_id = $1', [
      host,
      count,
    ]);
    return ids;
  }

  it('finishes sessions of a healthy host while many wait for a silent one', async () => {
    const silent = await rig.addHost('gpu-silent', 100);
    silent.faults.answer = { kind: 'silent' };
    await rig.addHost('gpu-well', 100);
    await leaveStarting('gpu-silent', EXTERNAL_AGENT_LIMITS.reconcilerMaxDrives + 20);
    const well = await leaveStarting('gpu-well', 6);
    const replica = await rig.addReplica();
    replica.startReconciler();
    await eventually(async () => {
      for (const id of well) expect(await rig.holdings(id)).toEqual(RUNNING);
    });
    expect(silent.connectionCount).toBeLessThanOrEqual(EXTERNAL_AGENT_LIMITS.reconcilerMaxDrivesPerHost);
  });

  it('takes a few of each host, so that no host fills the sweep', async () => {
    await rig.addHost('gpu-many', 100);
    await rig.addHost('gpu-few', 100);
    await leaveStarting('gpu-many', 8);
    await leaveStarting('gpu-few', 1);
    const due = await rig.lists.listUnsettled(4, 2);
    expect(due.map((session) => session.wolfInstanceId).sort()).toEqual(['gpu-few', 'gpu-many', 'gpu-many']);
  });

  it('lets the pause between tries grow up to its limit, and a new wish end it', async () => {
    const wolf = await rig.addHost();
    const replica = await rig.addReplica();
    const { id } = await replica.agents.create({ ownerId: OWNER });
    await wolf.crash();
    await replica.agents.stop(id);
    for (const pauseMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const { retryAt } = await rig.row(id);
      const leftMs = (retryAt?.getTime() ?? 0) - Date.now();
      expect(leftMs).toBeLessThanOrEqual(pauseMs);
      // A machine may take its time between the two clocks' readings.
      expect(leftMs).toBeGreaterThan(pauseMs - 3_000);
      await replica.driver.drive(id);
    }
    expect(await replica.lists.listUnsettled(10, 10)).toEqual([]);
    await rig.dataSource.query(`UPDATE sessions SET desired = 'running', state = 'starting' WHERE id = $1`, [id]);
    await replica.repository.requestStop(id);
    expect(await replica.lists.listUnsettled(10, 10)).toEqual([{ id, wolfInstanceId: 'gpu-1' }]);
  });

  it('goes on with the others when one cannot be driven, and says so once', async () => {
    await rig.addHost();
    const replica = await rig.addReplica();
    const broken = await rig.insert();
    await rig.dataSource.query(`UPDATE sessions SET lobby_pin = '0000' WHERE id = $1`, [broken]);
    const revokeAll = rig.tokens.revokeAll.bind(rig.tokens);
    rig.tokens.revokeAll = (id) => (id === broken ? Promise.reject(new Error('no such table')) : revokeAll(id));
    try {
      const ids = await Promise.all(Array.from({ length: 5 }, () => rig.insert()));
      replica.startReconciler();
      await eventually(async () => {
        for (const id of ids) expect(await rig.holdings(id)).toEqual(RUNNING);
        expect((await rig.row(broken)).unfinishedDrives).toBeGreaterThan(0);
      });
    } finally {
      rig.tokens.revokeAll = revokeAll;
    }
    expect(replica.logger.countOf('session drive failed; it is retried')).toBe(1);
    await rig.skipPauses();
    await eventually(async () => {
      expect(await rig.holdings(broken)).toEqual(RUNNING);
    });
  });

  it('leaves alone what is settled and what a driver holds', async () => {
    await rig.addHost();
    const replica = await rig.addReplica();
    const running = await replica.agents.create({ ownerId: OWNER });
    const stopped = await replica.agents.create({ ownerId: OWNER });
    await replica.agents.stop(stopped.id);
    const held = await rig.insert();
    await replica.repository.claim(held, 'somebody', 30_000);
    expect(await replica.lists.listUnsettled(10, 10)).toEqual([]);
    await replica.repository.requestStop(running.id);
    expect(await replica.lists.listUnsettled(10, 10)).toEqual([{ id: running.id, wolfInstanceId: 'gpu-1' }]);
  });

  it('asks the database a question for which it has an index', async () => {
    const [{ indexdef } = { indexdef: '' }] = await rig.dataSource.query<{ indexdef: string }[]>(
      `SELECT indexdef FROM pg_indexes WHERE indexname = 'sessions_unsettled'`,
    );
    expect(indexdef).toContain("desired = 'running'");
    const plan = await rig.dataSource.transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      return await manager.query<{ 'QUERY PLAN': string }[]>(
        `EXPLAIN SELECT id FROM sessions
          WHERE NOT (state IN ('stopped','failed') OR (state = 'running' AND desired = 'running'))`,
      );
    });
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('sessions_unsettled');
  });
});
