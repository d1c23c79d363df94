import { WolfInstanceRegistry } from '@helix/scheduler';
import { letTimePass } from '@helix/scheduler/testing';
import { eventually } from '@helix/pacing/testing';
import { HostLosses, type CreateSession, type SessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { FAILED, OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

/** Real: PostgreSQL, sockets, and all that drives sessions. Simulated: Wolf. A host is cut off when its socket is not reached. */

const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200 };
/** Lost as soon as its link is; its sessions wait until a test says that the time is over. */
const AT_ONCE = { afterMs: 0, deadlineMs: 600_000 };

describe('losing a host', () => {
  let rig: SessionRig;
  let registry: WolfInstanceRegistry;
  beforeAll(async () => {
    rig = await SessionRig.open();
    registry = new WolfInstanceRegistry(rig.dataSource);
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  /** A session runs on gpu-1, gpu-2 is empty, and the replica that is left does not reach gpu-1. */
  async function loseHost(request: Partial<CreateSession> = {}): Promise<{ id: SessionId; replica: Replica }> {
    await rig.addHost('gpu-1', 2);
    const first = await rig.addReplica();
    const { id } = await first.agents.create({ ownerId: OWNER, ...request });
    await first.close();
    await rig.addHost('gpu-2', 2);
    const replica = await rig.addReplica({}, ['gpu-1']);
    await registry.markLinkLost('gpu-1');
    return { id, replica };
  }

  /** The host's link stands again, and a replica sees what it runs. */
  async function comeBack(): Promise<Replica> {
    await registry.markLinkConnected('gpu-1', '127.0.0.1:1');
    const replica = await rig.addReplica();
    replica.watchHosts(['gpu-1', 'gpu-2'], QUICK);
    return replica;
  }

  const passDeadline = (): Promise<unknown> =>
    rig.dataSource.query(`UPDATE sessions SET host_lost_deadline_at = now() WHERE host_lost_at IS NOT NULL`);
  const lobbyCounts = (): readonly number[] => [...rig.wolfs.values()].map((wolf) => wolf.lobbyCount);
  const slotsOf = async (id: string): Promise<number | undefined> => (await registry.find(id))?.connectedSandboxCount;

  it('tells its sessions with the time left, takes nothing from them, and says it once', async () => {
    const { id, replica } = await loseHost();
    const { version } = await rig.row(id);
    const sweeper = replica.watchLosses(AT_ONCE);
    await sweeper.sweep();
    const row = await rig.row(id);
    expect(row).toMatchObject({ state: 'running', version: version + 1, reason: { code: 'HOST_LOST' }, life: 1 });
    const leftMs = (row.hostLostDeadlineAt?.getTime() ?? 0) - (row.hostLostAt?.getTime() ?? 0);
    expect(leftMs).toBe(AT_ONCE.deadlineMs);
    await sweeper.sweep();
    expect((await rig.row(id)).version).toBe(version + 1);
    expect(await rig.holdings(id)).toEqual(RUNNING);
  });

  it('ends when the host is back in time: the session keeps its desktop', async () => {
    const { id, replica } = await loseHost();
    const sweeper = replica.watchLosses(AT_ONCE);
    await sweeper.sweep();
    const { lobbyId } = await rig.row(id);
    const later = await comeBack();
    await sweeper.sweep();
    expect(await rig.row(id)).toMatchObject({
      state: 'running',
      lobbyId,
      reason: null,
      hostLostAt: null,
      hostLostDeadlineAt: null,
      life: 1,
    });
    await passDeadline();
    await sweeper.sweep();
    expect(await later.driver.giveUpHost(id)).toMatchObject({ state: 'running' });
    expect(await rig.holdings(id)).toEqual(RUNNING);
  });

  it('restarts a session elsewhere when it asked for that, and leaves one desktop', async () => {
    const { id, replica } = await loseHost({ onHostLost: 'restart' });
    const [oldToken] = rig.tokensInLobbiesOf(id);
    const sweeper = replica.watchLosses(AT_ONCE);
    await sweeper.sweep();
    await passDeadline();
    await sweeper.sweep();
    await eventually(async () => {
      expect(await rig.row(id)).toMatchObject({
        state: 'running',
        wolfInstanceId: 'gpu-2',
        life: 2,
        reason: null,
      });
    });
    expect(lobbyCounts()).toEqual([1, 1]);
    expect(await Promise.all(['gpu-1', 'gpu-2'].map(slotsOf))).toEqual([0, 1]);
    const { lobbyId } = await rig.row(id);
    await comeBack();
    await eventually(() => {
      expect(lobbyCounts()).toEqual([0, 1]);
    });
    expect(rig.lobbiesOf(id)).toEqual([lobbyId]);
    expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
    expect(rig.tokens.liveOf(id)).not.toContain(oldToken);
    expect(await rig.row(id)).toMatchObject({ state: 'running', lobbyId, wolfInstanceId: 'gpu-2' });
  });

  it('fails a session that asked for no restart, and stops its desktop later', async () => {
    const { id, replica } = await loseHost();
    const sweeper = replica.watchLosses(AT_ONCE);
    await sweeper.sweep();
    await passDeadline();
    await sweeper.sweep();
    expect(await rig.row(id)).toMatchObject({
      state: 'failed',
      reason: { code: 'HOST_LOST', message: expect.stringContaining('did not come back') as string },
      hostLostAt: null,
    });
    expect(await rig.holdings(id)).toEqual({ ...FAILED, lobbies: 1 });
    expect(await slotsOf('gpu-1')).toBe(0);
    await comeBack();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(FAILED);
    });
  });

  it('gives up only what is overdue under the lease, whatever was seen before', async () => {
    const { id, replica } = await loseHost();
    await replica.watchLosses(AT_ONCE).sweep();
    expect(await replica.driver.giveUpHost(id)).toMatchObject({ state: 'running' });
    await passDeadline();
    await registry.markLinkConnected('gpu-1', '127.0.0.1:1');
    expect(await replica.driver.giveUpHost(id)).toMatchObject({ state: 'running' });
  });

  it('lets an owner stop: at the deadline at the latest, without the host', async () => {
    const { id, replica } = await loseHost();
    const sweeper = replica.watchLosses(AT_ONCE);
    await sweeper.sweep();
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopping', reason: { code: 'HOST_AWAY' } });
    expect(await rig.holdings(id)).toMatchObject({ slots: 1, tokens: 0 });
    await passDeadline();
    await sweeper.sweep();
    expect(await rig.holdings(id)).toEqual({ ...STOPPED, lobbies: 1 });
    expect(await rig.row(id)).toMatchObject({ reason: null, hostLostAt: null });
  });

  it('lets an owner stop at once when the time is over', async () => {
    const { id, replica } = await loseHost();
    await replica.watchLosses(AT_ONCE).sweep();
    await passDeadline();
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(id)).toEqual({ ...STOPPED, lobbies: 1 });
  });

  it('lets an owner who has asked for a stop have the desktop elsewhere at once', async () => {
    const { id, replica } = await loseHost();
    await replica.watchLosses(AT_ONCE).sweep();
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopping' });
    expect(await replica.agents.resume(id)).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2', life: 2 });
    await comeBack();
    await eventually(() => {
      expect(lobbyCounts()).toEqual([0, 1]);
    });
    expect(await rig.holdings(id)).toEqual(RUNNING);
  });

  it('does not hold up the resume of a session that ended on it before', async () => {
    await rig.addHost('gpu-1', 2);
    const replica = await rig.addReplica();
    const { id } = await replica.agents.create({ ownerId: OWNER });
    await replica.agents.stop(id);
    await rig.addHost('gpu-2', 2);
    await registry.markLinkLost('gpu-1');
    rig.wolfs.get('gpu-1')!.faults.answer = { kind: 'silent' };
    const later = await rig.addReplica();
    const startedAtMs = performance.now();
    expect(await later.agents.resume(id)).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2', life: 2 });
    // A call to the host would wait for its answer for ten seconds.
    expect(performance.now() - startedAtMs).toBeLessThan(8_000);
  });

  it('is not declared before this replica has observed for the whole silence limit', async () => {
    const { id, replica } = await loseHost();
    await rig.dataSource.query(`UPDATE wolf_instances SET last_seen_at = now() - interval '1 hour',
      link_changed_at = now() - interval '1 hour' WHERE id = 'gpu-1'`);
    const sweeper = replica.watchLosses({ ...AT_ONCE, afterMs: 300 });
    await sweeper.sweep();
    expect((await rig.row(id)).hostLostAt).toBeNull();
    await eventually(async () => {
      await sweeper.sweep();
      expect((await rig.row(id)).hostLostAt).not.toBeNull();
    });
  });

  it('is a matter of link and heartbeat: a host that is heard of is not lost', async () => {
    const { id } = await loseHost();
    const losses = new HostLosses(rig.dataSource, { afterMs: 60_000, deadlineMs: 1 });
    await rig.dataSource.query(`UPDATE wolf_instances SET link_changed_at = now() - interval '1 hour'`);
    await registry.heartbeat('gpu-1', {});
    expect(await losses.mark()).toEqual([]);
    await letTimePass(rig.dataSource, 'gpu-1', 61_000);
    expect(await losses.mark()).toEqual([id]);
    await registry.heartbeat('gpu-1', {});
    expect(await losses.listOverdue()).toEqual([]);
    expect(await losses.clearReturned()).toEqual([id]);
  });

  it('is declared for a host whose replica has died with it', async () => {
    const { id } = await loseHost();
    await registry.markLinkConnected('gpu-1', '127.0.0.1:1');
    const losses = new HostLosses(rig.dataSource, { afterMs: 60_000, deadlineMs: 1 });
    await letTimePass(rig.dataSource, 'gpu-1', 140_000);
    expect(await losses.mark()).toEqual([]);
    await letTimePass(rig.dataSource, 'gpu-1', 20_000);
    expect(await losses.mark()).toEqual([id]);
  });
});
