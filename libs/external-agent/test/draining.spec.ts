import { WolfInstanceRegistry } from '@helix/scheduler';
import { eventually } from '@helix/pacing/testing';
import { DrainSweeper } from '../src/index.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

describe('a drain that has come to its deadline', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  it('stops what is left on the drained host, keeps the last picture and the reason', async () => {
    await rig.addHost('gpu-1', 2);
    const replica = await rig.addReplica();
    const drained = await replica.agents.create({ ownerId: OWNER });
    await rig.addHost('gpu-2', 1);
    const both = await rig.addReplica();
    const other = await both.agents.create({ ownerId: OWNER });
    expect(other.wolfInstanceId).toBe('gpu-2');
    await rig.dataSource.query(`UPDATE wolf_instances SET max_sandboxes = 0`);
    const waits = await both.agents.create({ ownerId: OWNER, queueMs: 600_000 });

    const sweeper = new DrainSweeper(rig.dataSource, both.repository, both.logger);
    const drain = (deadline: string): Promise<unknown> =>
      rig.dataSource.query(
        `UPDATE wolf_instances SET drain_started_at = now(), drain_deadline_at = now() + $1::interval WHERE id = 'gpu-1'`,
        [deadline],
      );
    await drain('1 hour');
    await sweeper.sweep();
    expect(await rig.row(drained.id)).toMatchObject({ desired: 'running' });
    await drain('-1 second');
    await sweeper.sweep();
    await sweeper.sweep();
    expect(both.logger.countOf('host drain deadline reached; stopping its sessions')).toBe(1);
    both.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(drained.id)).toEqual(STOPPED);
    });
    expect(await rig.row(drained.id)).toMatchObject({ reason: { code: 'HOST_DRAINED' }, wolfInstanceId: 'gpu-1' });
    expect(both.pictures.kept).toEqual([drained.id]);
    expect(await rig.holdings(other.id)).toEqual(RUNNING);
    expect(await rig.row(waits.id)).toMatchObject({ state: 'queued', desired: 'running' });
    expect(await new WolfInstanceRegistry(rig.dataSource).find('gpu-1')).toMatchObject({ connectedSandboxCount: 0 });
  });
});
