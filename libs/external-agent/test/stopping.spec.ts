import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

describe('stopping a session', () => {
  let rig: SessionRig;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  const start = async (): Promise<{ replica: Replica; id: ReturnType<typeof createSessionId> }> => {
    const replica = await rig.addReplica();
    const { id } = await replica.agents.create({ ownerId: OWNER });
    return { replica, id };
  };

  it('takes lobby, slot, token and link away, and again is a success that changes nothing', async () => {
    await rig.addHost();
    const { replica, id } = await start();
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped', lobbyId: null });
    expect(await rig.holdings(id)).toEqual(STOPPED);
    expect(replica.disconnected).toContain(id);
    const { version } = await rig.row(id);
    const again = await Promise.all([replica.agents.stop(id), (await rig.addReplica()).agents.stop(id)]);
    expect(again.map((session) => [session.state, session.version])).toEqual([
      ['stopped', version],
      ['stopped', version],
    ]);
    await expect(replica.agents.create({ ownerId: OWNER, sessionId: id })).rejects.toMatchObject({
      code: 'SESSION_WRONG_STATE',
    });
  });

  it('unknown session: not found', async () => {
    const { agents } = await rig.addReplica();
    await expect(agents.stop(createSessionId())).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('stops one that was never placed', async () => {
    const { agents } = await rig.addReplica();
    const id = await rig.insert();
    expect(await agents.stop(id)).toMatchObject({ state: 'stopped', wolfInstanceId: null });
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('stops one that has failed, which stays failed and is not tried again', async () => {
    const wolf = await rig.addHost();
    const { agents } = await rig.addReplica();
    const sessionId = createSessionId();
    wolf.faults.answer = { kind: 'empty-unhandled' };
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'START_FAILED' });
    wolf.faults.answer = undefined;
    expect(await agents.stop(sessionId)).toMatchObject({ state: 'failed' });
    await expect(agents.create({ ownerId: OWNER, sessionId })).rejects.toMatchObject({ code: 'SESSION_WRONG_STATE' });
  });

  it('reaches a session that is being started, from another replica', async () => {
    const wolf = await rig.addHost();
    wolf.faults.createDelayMs = 3_000;
    const [starter, stopper] = [await rig.addReplica(), await rig.addReplica()];
    const sessionId = createSessionId();
    const created = starter.agents.create({ ownerId: OWNER, sessionId });
    await eventually(() => {
      expect(wolf.lobbyCount).toBe(1);
    });
    expect(await stopper.agents.stop(sessionId)).toMatchObject({ state: 'stopped' });
    expect(await created).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(sessionId)).toEqual(STOPPED);
  });

  it('is finished when the host, away for now, comes back; told once and logged once meanwhile', async () => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    await wolf.crash();
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopping', reason: { code: 'HOST_AWAY' } });
    expect(await rig.holdings(id)).toMatchObject({ slots: 1, tokens: 0 });
    const { version } = await rig.row(id);
    for (let drive = 0; drive < 3; drive += 1) await replica.driver.drive(id);
    expect((await rig.row(id)).version).toBe(version);
    expect(replica.logger.countOf('desktop stop failed; it is retried')).toBe(1);
    await wolf.restart();
    await rig.skipPauses();
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(STOPPED);
    });
    expect((await rig.row(id)).reason).toBeNull();
  });

  it.each([
    ['empty-unhandled', 'HOST_AWAY'],
    ['unparseable500', 'STOP_FAILED'],
  ] as const)('keeps the slot while Wolf answers a stop wrongly (%s → %s)', async (kind, code) => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    wolf.faults.answer = { kind, path: '/api/v1/lobbies/stop' };
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopping', reason: { code } });
    expect(await rig.holdings(id)).toMatchObject({ state: 'stopping', slots: 1, tokens: 0 });
    wolf.faults.answer = undefined;
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('takes a stop that took effect unanswered for what it is', async () => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    wolf.faults.answer = { kind: 'empty', path: '/api/v1/lobbies/stop', count: 1 };
    await replica.agents.stop(id);
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('leaves a lobby that refuses the PIN alone and finishes the stop', async () => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    const { lobbyPin } = await rig.row(id);
    const otherPin = lobbyPin === '1111' ? '2222' : '1111';
    await rig.dataSource.query('UPDATE sessions SET lobby_pin = $2 WHERE id = $1', [id, otherPin]);
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped' });
    expect(wolf.lobbyCount).toBe(1);
    const told = replica.logger.lines.filter((line) => line.level === 'error');
    expect(told.map((line) => line.message)).toEqual([
      'lobby refuses the PIN of the session that it names; left alone',
    ]);
    expect(told[0]?.fields).not.toContain(lobbyPin);
  });

  it.each([
    ['while its lobby stands', false],
    ['when its lobby is gone already', true],
  ])('stops the streams that watch the desktop and no others, %s', async (_when, isLobbyGone) => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    if (isLobbyGone) await wolf.restart();
    const others = createSessionId();
    wolf.launchSession({ clientId: '10594003729173467913', clientUniqueId: `helix-agent-${id}` });
    wolf.launchSession({ clientId: '10594003729173467914', clientUniqueId: `helix-agent-${id}-tab-1` });
    wolf.launchSession({ clientId: '10594003729173467915', clientUniqueId: `helix-agent-${others}` });
    wolf.launchSession({ clientId: '10594003729173467916', clientUniqueId: `helix-agent-${id}x` });
    await replica.agents.stop(id);
    expect(wolf.sessionIds).toEqual(['10594003729173467915', '10594003729173467916']);
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('stops the lobby even when the streams cannot be listed', async () => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    wolf.faults.answer = { kind: 'wrong-shape', path: '/api/v1/sessions' };
    await replica.agents.stop(id);
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('on an unregistered host stops the lobby if reachable, and finishes either way', async () => {
    const wolf = await rig.addHost();
    const { replica, id } = await start();
    const second = await replica.agents.create({ ownerId: OWNER });
    await replica.instances.remove('gpu-1', { force: true });
    expect(await replica.agents.stop(id)).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(id)).toEqual(STOPPED);
    expect(await rig.holdings(second.id)).toEqual({ ...RUNNING, slots: 0 });
    await wolf.crash();
    expect(await replica.agents.stop(second.id)).toMatchObject({ state: 'stopped' });
    expect(await rig.holdings(second.id)).toEqual(STOPPED);
  });
});
