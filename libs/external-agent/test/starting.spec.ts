import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { makeLobbyOf } from './support/make-lobby-of.js';
import { FAILED, OWNER, RUNNING, SessionRig } from './support/session-rig.js';

describe('starting a session', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  it('makes one desktop for many callers of one id, on two replicas', async () => {
    const wolf = await rig.addHost();
    wolf.faults.createDelayMs = 100;
    const replicas = [await rig.addReplica(), await rig.addReplica()];
    const sessionId = createSessionId();
    const callers = Array.from({ length: 20 }, (_, index) =>
      replicas[index % 2]!.agents.create({ ownerId: OWNER, sessionId }),
    );
    const sessions = await Promise.all(callers);
    expect(new Set(sessions.map((session) => session.state))).toEqual(new Set(['running']));
    expect(new Set(sessions.map((session) => session.lobbyPin)).size).toBe(1);
    expect(rig.tokens.issuedCount).toBe(1);
    expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    expect(wolf.uncaughtExceptionCount + wolf.suspectIdCount).toBe(0);
  });

  it('orders the environment so that our variables override the owner’s', async () => {
    await rig.addHost();
    const { agents, expected } = await rig.addReplica();
    const { id } = await agents.create({ ownerId: OWNER, environment: ['EDITOR=vi', 'RUN_SWAY=0', 'TEAM=red'] });
    expect(expected).toEqual([id]);
    const [lobby] = [...rig.wolfs.values()].flatMap((wolf) => wolf.lobbies);
    expect(lobby?.env).toEqual([
      'GOW_REQUIRED_DEVICES=/dev/input/* /dev/dri/* /dev/nvidia*',
      'TEAM=blue',
      'EDITOR=vi',
      'RUN_SWAY=0',
      'TEAM=red',
      'RUN_SWAY=1',
      'HELIX_API_URL=http://127.0.0.1:1',
      'HELIX_API_BASE_URL=http://127.0.0.1:1',
      `USER_API_TOKEN=${rig.tokens.liveOf(id)[0]!}`,
      `HELIX_SESSION_ID=${id}`,
      'HELIX_SESSION_GENERATION=1',
    ]);
  });

  it('refuses the id of another owner and does nothing to it', async () => {
    await rig.addHost();
    const { agents } = await rig.addReplica();
    const { id, version } = await agents.create({ ownerId: OWNER });
    await expect(agents.create({ ownerId: 'usr_bob', sessionId: id })).rejects.toMatchObject({
      code: 'SESSION_FORBIDDEN',
    });
    expect((await rig.row(id)).version).toBe(version);
  });

  it.each([
    ['an id of another form', { sessionId: 'ses_short' }],
    ['an image that is not allowed', { image: 'evil:latest' }],
    ['a name that PostgreSQL cannot hold', { name: 'a\u0000b' }],
    ['a label that PostgreSQL cannot hold', { labels: { spec_task_id: 'a\ud800' } }],
    ['a reserved variable', { environment: ['HELIX_SESSION_ID=x'] }],
  ])('refuses %s before it does anything', async (_what, request) => {
    const { agents, lists } = await rig.addReplica();
    await expect(agents.create({ ownerId: OWNER, ...request })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await lists.list({ ownerId: undefined, page: 0, pageSize: 10 })).totalCount).toBe(0);
  });

  it('keeps the lobby of a create that timed out', async () => {
    const wolf = await rig.addHost();
    Object.assign(wolf.faults, { createTimesOutLeavingLobby: true, createTimeoutMs: 50 });
    const { agents } = await rig.addReplica();
    const session = await agents.create({ ownerId: OWNER });
    expect(session).toMatchObject({ state: 'running', lobbyId: rig.lobbiesOf(session.id)[0] });
    expect(await rig.holdings(session.id)).toEqual(RUNNING);
  });

  it('keeps the lobby that was answered when Wolf made two', async () => {
    const wolf = await rig.addHost();
    wolf.faults.duplicateLobby = true;
    const { agents } = await rig.addReplica();
    const session = await agents.create({ ownerId: OWNER });
    expect(rig.lobbiesOf(session.id)).toEqual([session.lobbyId]);
  });

  it.each(['empty', 'cut', 'unparseable500', 'unparseable200', 'wrong-shape', 'oversized'] as const)(
    'finds the lobby of a create answered wrongly (%s)',
    async (kind) => {
      const wolf = await rig.addHost();
      wolf.faults.answer = { kind, path: '/api/v1/lobbies/create', count: 1 };
      const { agents, logger } = await rig.addReplica();
      const { id } = await agents.create({ ownerId: OWNER });
      expect(await rig.holdings(id)).toEqual(RUNNING);
      expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
      expect(logger.lines).not.toEqual([]);
      expect(JSON.stringify(logger.lines)).not.toMatch(/hls-test|TEAM=|USER_API_TOKEN|"pin"/);
    },
  );

  it.each(['empty-unhandled', 'unparseable500'] as const)(
    'fails, undoes and can be retried when no lobby came of it (%s for all)',
    async (kind) => {
      const wolf = await rig.addHost();
      wolf.faults.answer = { kind };
      const { agents } = await rig.addReplica();
      const sessionId = createSessionId();
      await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({
        code: 'START_FAILED',
        details: { sessionId },
      });
      expect(await rig.holdings(sessionId)).toEqual(FAILED);
      const { lobbyPin } = await rig.row(sessionId);
      wolf.faults.answer = undefined;
      expect(await agents.create({ ownerId: OWNER, sessionId })).toMatchObject({ state: 'running', lobbyPin });
      expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    },
  );

  it('does not call a session running whose lobby vanished as soon as it was made', async () => {
    const wolf = await rig.addHost();
    wolf.faults.runnerDiesAfterCreate = true;
    const { agents } = await rig.addReplica();
    const sessionId = createSessionId();
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    expect((await rig.row(sessionId)).reason?.message).toContain('LOBBY_VANISHED');
    expect(await rig.holdings(sessionId)).toEqual(FAILED);
  });

  it('answers with the unfinished session when its replica closes; another finishes it', async () => {
    const wolf = await rig.addHost();
    wolf.faults.createDelayMs = 3_000;
    const replica = await rig.addReplica();
    const created = replica.agents.create({ ownerId: OWNER });
    await eventually(() => {
      expect(wolf.lobbyCount).toBe(1);
    });
    replica.agents.close();
    const session = await created;
    expect(session).toMatchObject({ state: 'starting', desired: 'running' });
    await replica.close();
    expect(await rig.row(session.id)).toMatchObject({ state: 'starting', leaseHolder: null });
    wolf.faults.createDelayMs = 0;
    (await rig.addReplica()).startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(session.id)).toEqual(RUNNING);
    });
  });

  it('tried again elsewhere takes back what the host that failed it made after all', async () => {
    const wolf = await rig.addHost('gpu-1', 1);
    const { agents } = await rig.addReplica();
    const sessionId = createSessionId();
    wolf.faults.runnerDiesAfterCreate = true;
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    wolf.faults.runnerDiesAfterCreate = false;
    await makeLobbyOf(wolf, sessionId, (await rig.row(sessionId)).lobbyPin);
    // Its slot goes to another session.
    await rig.dataSource.query(`UPDATE wolf_instances SET max_sandboxes = 0`);
    // While there is no place anywhere, too.
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'PLACEMENT_ALL_FULL' });
    expect(await rig.holdings(sessionId)).toEqual(FAILED);
    await makeLobbyOf(wolf, sessionId, (await rig.row(sessionId)).lobbyPin);
    await rig.addHost('gpu-2');
    const later = await rig.addReplica();
    expect(await later.agents.create({ ownerId: OWNER, sessionId })).toMatchObject({ wolfInstanceId: 'gpu-2' });
    expect(await rig.holdings(sessionId)).toEqual(RUNNING);
  });

  it('fails at once when Wolf is down before anything was asked of it', async () => {
    const wolf = await rig.addHost();
    await wolf.crash();
    const { agents } = await rig.addReplica();
    const sessionId = createSessionId();
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    expect(await rig.holdings(sessionId)).toEqual(FAILED);
  });

  describe('with a Wolf that dies under the create', () => {
    let replica: Replica;

    async function createIntoACrash(): Promise<ReturnType<typeof createSessionId>> {
      const wolf = await rig.addHost();
      wolf.faults.createDelayMs = 10_000;
      replica = await rig.addReplica();
      const sessionId = createSessionId();
      const created = replica.agents.create({ ownerId: OWNER, sessionId });
      await eventually(() => {
        expect(wolf.lobbyCount).toBe(1);
      });
      await wolf.crash();
      // Not failed: whether a lobby stands is not known.
      expect(await created).toMatchObject({ state: 'starting', reason: { code: 'START_FAILED' } });
      expect(await rig.holdings(sessionId)).toMatchObject({ slots: 1 });
      wolf.faults.createDelayMs = 0;
      return sessionId;
    }

    it('brings the session up on the Wolf that comes back empty', async () => {
      const id = await createIntoACrash();
      await rig.wolfs.get('gpu-1')!.restart();
      replica.startReconciler();
      await eventually(async () => {
        expect(await rig.holdings(id)).toEqual(RUNNING);
      });
    });

    it('fails after the last attempt and frees the slot once Wolf answers', async () => {
      const id = await createIntoACrash();
      for (let drive = 0; drive < 4; drive += 1) await replica.driver.drive(id);
      const givenUp = await rig.row(id);
      expect(givenUp).toMatchObject({ state: 'starting', startAttempts: 3, desired: 'running' });
      await replica.driver.drive(id);
      // Nothing new to tell: readers are not told.
      expect((await rig.row(id)).version).toBe(givenUp.version);
      await rig.wolfs.get('gpu-1')!.restart();
      await replica.driver.drive(id);
      expect(await rig.row(id)).toMatchObject({ state: 'failed', reason: { code: 'START_FAILED' } });
      expect(await rig.holdings(id)).toEqual(FAILED);
    });
  });

  it('does not adopt a lobby whose last marker names another session', async () => {
    const wolf = await rig.addHost();
    const { agents } = await rig.addReplica();
    const first = await agents.create({ ownerId: OWNER });
    const other = createSessionId();
    await rig.dataSource.query(`UPDATE sessions SET environment = $2 WHERE id = $1`, [
      first.id,
      JSON.stringify([`HELIX_SESSION_ID=${other}`]),
    ]);
    await wolf.restart();
    await rig.dataSource.query(`UPDATE sessions SET state = 'starting', start_attempts = 1 WHERE id = $1`, [first.id]);
    expect(await agents.create({ ownerId: OWNER, sessionId: first.id })).toMatchObject({ state: 'running' });
    const second = await agents.create({ ownerId: OWNER, sessionId: other });
    expect(second.lobbyId).not.toBe((await rig.row(first.id)).lobbyId);
    expect(wolf.lobbyCount).toBe(2);
  });

  describe('without a place', () => {
    const create = async (replica: Replica, gpuVendor?: string): Promise<unknown> => {
      const sessionId = createSessionId();
      const refusal = await replica.agents
        .create({ ownerId: OWNER, sessionId, gpuVendor })
        .catch((error: unknown) => error);
      expect(await rig.repository.find(sessionId)).toBeNull();
      return refusal;
    };

    it('says that no host is registered', async () => {
      expect(await create(await rig.addReplica())).toMatchObject({ code: 'PLACEMENT_NONE_REGISTERED' });
    });

    it('says that all hosts are offline', async () => {
      await rig.addHost();
      const replica = await rig.addReplica();
      await replica.instances.markLinkLost('gpu-1');
      expect(await create(replica)).toMatchObject({ code: 'PLACEMENT_ALL_OFFLINE' });
    });

    it('says that no host has the GPU', async () => {
      await rig.addHost();
      expect(await create(await rig.addReplica(), 'amd')).toMatchObject({ code: 'PLACEMENT_NO_MATCHING_GPU' });
    });

    it('refuses when all hosts are full; a retry after a slot is free succeeds', async () => {
      await rig.addHost('gpu-1', 1);
      const replica = await rig.addReplica();
      const first = await replica.agents.create({ ownerId: OWNER });
      const sessionId = createSessionId();
      const second = { ownerId: OWNER, sessionId };
      await expect(replica.agents.create(second)).rejects.toMatchObject({ code: 'PLACEMENT_ALL_FULL' });
      await replica.agents.stop(first.id);
      expect(await replica.agents.create(second)).toMatchObject({ state: 'running', reason: null });
    });
  });
});
