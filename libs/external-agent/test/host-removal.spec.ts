import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { WolfInstanceRegistry } from '@helix/scheduler';
import { addOnlineHost } from '@helix/scheduler/testing';
import { eventually } from '@helix/pacing/testing';
import { EXTERNAL_AGENT_LIMITS, SessionLists, type SessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200 };

describe('removing a host that carries sessions', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  /** A replica that cannot reach the host, though its Wolf runs on. */
  async function replicaWithout(id: string, wolf: SimulatedWolf): Promise<Replica> {
    rig.wolfs.delete(id);
    const replica = await rig.addReplica();
    rig.wolfs.set(id, wolf);
    return replica;
  }

  async function removeByForce(replica: Replica, id: string): Promise<number> {
    await replica.instances.remove(id, { force: true });
    return await replica.agents.giveUpHost(id);
  }

  it('ends its sessions while it is away, and stops their desktops on its return', async () => {
    const gone = await rig.addHost('gpu-1', 2);
    const first = await rig.addReplica();
    const ids: SessionId[] = [];
    for (let count = 0; count < 2; count += 1) ids.push((await first.agents.create({ ownerId: OWNER })).id);
    await first.close();

    const replica = await replicaWithout('gpu-1', gone);
    expect(await removeByForce(replica, 'gpu-1')).toBe(2);
    expect(await replica.agents.giveUpHost('gpu-1')).toBe(0);
    replica.startReconciler();
    for (const id of ids) {
      await eventually(async () => {
        expect(await rig.holdings(id)).toEqual({ ...STOPPED, lobbies: 1 });
      });
      expect(await rig.row(id)).toMatchObject({ desired: 'stopped', reason: { code: 'HOST_REMOVED' } });
    }

    const registry = new WolfInstanceRegistry(rig.dataSource);
    await addOnlineHost(registry, { id: 'gpu-1', maxSandboxes: 2, gpuVendor: 'nvidia' });
    const later = await rig.addReplica();
    later.watchHosts(['gpu-1'], QUICK);
    await eventually(() => {
      expect(gone.lobbyCount).toBe(0);
    });
    for (const id of ids) expect(await rig.holdings(id)).toEqual(STOPPED);
    expect(await registry.find('gpu-1')).toMatchObject({ connectedSandboxCount: 0 });
  });

  it('stops their desktops when it can be reached, and leaves those of other hosts alone', async () => {
    await rig.addHost('gpu-1', 1);
    await rig.addHost('gpu-2', 1);
    const replica = await rig.addReplica();
    const all = [await replica.agents.create({ ownerId: OWNER }), await replica.agents.create({ ownerId: OWNER })];
    const removed = all.find(({ wolfInstanceId }) => wolfInstanceId === 'gpu-1')!;
    const other = all.find(({ wolfInstanceId }) => wolfInstanceId === 'gpu-2')!;
    await removeByForce(replica, 'gpu-1');
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(removed.id)).toEqual(STOPPED);
    });
    expect(await rig.holdings(other.id)).toEqual(RUNNING);
  });

  it('asks for the stop of all of them, however many', async () => {
    const count = EXTERNAL_AGENT_LIMITS.hostStopsAtOnce + 1;
    await rig.dataSource.query(
      `INSERT INTO sessions (id, owner_id, name, state, desired, wolf_instance_id, lobby_pin, display)
       SELECT 'ses_' || lpad(n::text, 26, '0'), 'usr_ann', 'many', 'running', 'running', 'gpu-9', '0419', '{}'
       FROM generate_series(1, $1) n`,
      [count],
    );
    const replica = await rig.addReplica();
    expect(await replica.agents.giveUpHost('gpu-9')).toBe(count);
    expect(await new SessionLists(rig.dataSource).listRunningIds(count + 1)).toHaveLength(count);
    const [left] = await rig.dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM sessions WHERE desired = 'running'`,
    );
    expect(left).toEqual({ count: 0 });
  });
});
