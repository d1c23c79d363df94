import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { FAILED, OWNER, RUNNING, SessionRig } from './support/session-rig.js';

/** Real: PostgreSQL, sockets, the driver. Simulated: Wolf. The first host is chosen first: nothing runs on either. */
describe('a start on a host that cannot answer', () => {
  let rig: SessionRig;
  let replica: Replica;
  let first: SimulatedWolf;

  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  beforeEach(async () => {
    first = await rig.addHost('gpu-1');
    await rig.addHost('gpu-2');
    replica = await rig.addReplica();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  const sessionCount = async (): Promise<number> =>
    (await rig.lists.list({ ownerId: undefined, page: 0, pageSize: 1 })).totalCount;

  it.each<[string, string, () => unknown]>([
    ['whose link is away', 'HOST_AWAY', () => replica.presence.away.add('gpu-1')],
    ['whose Wolf is down', 'WOLF_UNREACHABLE', () => first.crash()],
    ['whose Wolf answers 500', 'WOLF_INVALID_ANSWER', () => (first.faults.answer = { kind: 'unparseable500' })],
    ['whose Wolf is silent', 'HOST_AWAY', () => (first.faults.answer = { kind: 'silent' })],
    ['whose containers die', 'LOBBY_VANISHED', () => (first.faults.runnerDiesAfterCreate = true)],
    [
      'whose Wolf refuses to make a lobby',
      'WOLF_EMPTY_ANSWER',
      () => (first.faults.answer = { kind: 'empty-unhandled', path: '/api/v1/lobbies/create' }),
    ],
  ])('%s goes to another one in the same request, and tells why (%s)', async (_what, failure, spoil) => {
    await spoil();
    const begunAtMs = performance.now();
    const session = await replica.agents.create({ ownerId: OWNER });
    expect(performance.now() - begunAtMs).toBeLessThan(12_000);
    expect(session).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2', startAttempts: 1 });
    expect(await rig.holdings(session.id)).toEqual(RUNNING);
    expect(rig.tokensInLobbiesOf(session.id)).toEqual(rig.tokens.liveOf(session.id));
    expect(await replica.placements.decisionOf(session.id)).toMatchObject({
      outcome: 'placed',
      chosen: { id: 'gpu-2', why: 'chosen: least-loaded, 0/10 slots taken (0 %)' },
      consideredCount: 2,
      counts: { 'start-failed': 1 },
      hosts: [{ id: 'gpu-2' }, { id: 'gpu-1', obstacle: { code: 'start-failed', failure } }],
    });
    expect(replica.presence.doubted).toEqual(failure === 'LOBBY_VANISHED' ? [] : ['gpu-1']);
    const counted: unknown = await rig.dataSource.query(
      'SELECT wolf_instance_id, reserved, confirmed FROM wolf_capacities ORDER BY 1',
    );
    expect(counted).toEqual([
      { wolf_instance_id: 'gpu-1', reserved: 0, confirmed: 0 },
      { wolf_instance_id: 'gpu-2', reserved: 0, confirmed: 1 },
    ]);
  });

  it('lost before its create is answered: the start moves, the late lobby is stopped', async () => {
    first.faults.createDelayMs = 6_000;
    const sessionId = createSessionId();
    const created = replica.agents.create({ ownerId: OWNER, sessionId });
    await eventually(() => {
      expect(first.lobbyCount).toBe(1);
    });
    replica.presence.away.add('gpu-1');
    expect(await created).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2', life: 2 });
    expect(rig.tokens.liveOf(sessionId)).toHaveLength(1);
    // The machine comes back with what it had.
    replica.watchHosts(['gpu-1', 'gpu-2']);
    await eventually(async () => {
      expect(first.lobbyCount).toBe(0);
      expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    });
  });

  describe('and holds the workspace of a session', () => {
    const resumeAfter = async (spoil: () => unknown): Promise<unknown> => {
      const { id } = await replica.agents.create({ ownerId: OWNER });
      await replica.agents.stop(id);
      await spoil();
      return await replica.agents.resume(id);
    };

    it('is waited for while its link is away for a moment', async () => {
      const back = (): void => {
        setTimeout(() => replica.presence.away.clear(), 1_000);
      };
      first.faults.answerDelayMs = 1_500;
      const resumed = await resumeAfter(() => {
        replica.presence.away.add('gpu-1');
        back();
      });
      expect(resumed).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-1' });
    });

    it('is left when it does not answer', async () => {
      const resumed = await resumeAfter(() => {
        replica.presence.away.add('gpu-1');
        first.faults.answer = { kind: 'silent' };
      });
      expect(resumed).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2' });
    });
  });

  it('tries one after another, and none twice', async () => {
    const more = [await rig.addHost('gpu-3'), await rig.addHost('gpu-4')];
    const living = rig.wolfs.get('gpu-2');
    for (const wolf of rig.wolfs.values()) if (wolf !== living) await wolf.crash();
    expect(more).toHaveLength(2);
    const sessions = await Promise.all(Array.from({ length: 5 }, () => replica.agents.create({ ownerId: OWNER })));
    expect(new Set(sessions.map(({ wolfInstanceId }) => wolfInstanceId))).toEqual(new Set(['gpu-2']));
  });

  it('waits for the only one there is', async () => {
    await rig.dataSource.query(`DELETE FROM wolf_instances WHERE id = 'gpu-2'`);
    replica.presence.away.add('gpu-1');
    first.faults.answerDelayMs = 300;
    expect(await replica.agents.create({ ownerId: OWNER })).toMatchObject({
      state: 'running',
      wolfInstanceId: 'gpu-1',
    });
  });

  it('goes to no host whose own link is away', async () => {
    await first.crash();
    replica.presence.away.add('gpu-2');
    await expect(replica.agents.create({ ownerId: OWNER })).rejects.toMatchObject({ code: 'START_FAILED' });
  });

  it('fails, and holds nothing, where every host fails it', async () => {
    for (const wolf of rig.wolfs.values()) await wolf.crash();
    const sessionId = createSessionId();
    await expect(replica.agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    expect(await rig.holdings(sessionId)).toEqual(FAILED);
  });

  it('makes no third host choke on a request that made two choke', async () => {
    const third = await rig.addHost('gpu-3');
    const chokes = { kind: 'empty-unhandled', path: '/api/v1/lobbies/create' } as const;
    for (const wolf of rig.wolfs.values()) wolf.faults.answer = { ...chokes };
    await expect(replica.agents.create({ ownerId: OWNER })).rejects.toMatchObject({ code: 'START_FAILED' });
    expect(third.requestCountOf('/api/v1/lobbies/create')).toBe(0);
  });

  describe('and a create for which there is no place', () => {
    beforeEach(() => rig.dataSource.query('UPDATE wolf_instances SET max_sandboxes = 0'));

    it('leaves no session and no record behind; its id can be used again', async () => {
      const sessionId = createSessionId();
      const create = (): Promise<unknown> => replica.agents.create({ ownerId: OWNER, sessionId });
      const refused = { code: 'PLACEMENT_ALL_FULL', details: { sessionId, placement: { counts: { slots: 2 } } } };
      await expect(create()).rejects.toMatchObject(refused);
      expect(await sessionCount()).toBe(0);
      expect(await rig.dataSource.query('SELECT FROM placement_decisions')).toEqual([]);
      await expect(replica.agents.get(sessionId)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await expect(create()).rejects.toMatchObject(refused);
      await rig.dataSource.query('UPDATE wolf_instances SET max_sandboxes = 1');
      expect(await create()).toMatchObject({ id: sessionId, state: 'running' });
    });

    it('leaves nothing when many ask for the same at once, on two replicas', async () => {
      const replicas = [replica, await rig.addReplica()];
      const sessionId = createSessionId();
      const asked = Array.from({ length: 20 }, (_, index) =>
        replicas[index % 2]!.agents.create({ ownerId: OWNER, sessionId }).catch((error: unknown) => error),
      );
      const codes = (await Promise.all(asked)).map((error) => (error as { code?: string }).code);
      expect(new Set(codes)).toEqual(new Set(['PLACEMENT_ALL_FULL']));
      expect(await sessionCount()).toBe(0);
    });
  });
});
