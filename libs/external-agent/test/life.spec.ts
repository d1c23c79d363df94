import { SessionActivity, IdleSweeper, type SessionId } from '../src/index.js';
import { eventually } from '@helix/pacing/testing';
import type { Replica } from './support/replica.js';
import { FAILED, OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

describe('the later life of a session', () => {
  let rig: SessionRig;
  let replica: Replica;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  const start = async (): Promise<SessionId> => {
    replica = await rig.addReplica();
    return (await replica.agents.create({ ownerId: OWNER })).id;
  };

  describe('resuming', () => {
    it('resumes on the same host with a new token and without the old picture', async () => {
      const wolf = await rig.addHost('gpu-1');
      const id = await start();
      const [oldToken] = rig.tokensInLobbiesOf(id);
      await rig.addHost('gpu-0');
      await replica.agents.stop(id);
      expect(replica.pictures.kept).toEqual([id]);
      // The new host is as empty as the old one, and comes first by name.
      expect(await (await rig.addReplica()).agents.resume(id)).toMatchObject({
        state: 'running',
        desired: 'running',
        wolfInstanceId: 'gpu-1',
        reason: null,
      });
      expect(wolf.lobbies).toHaveLength(1);
      expect(await rig.holdings(id)).toEqual(RUNNING);
      const [newToken] = rig.tokensInLobbiesOf(id);
      expect(newToken).not.toBe(oldToken);
      expect(rig.tokens.liveOf(id)).toEqual([newToken]);
    });

    it('is a success for one that runs, and changes nothing', async () => {
      await rig.addHost();
      const id = await start();
      const { version } = await rig.row(id);
      expect(await replica.agents.resume(id)).toMatchObject({ state: 'running', version });
      expect(rig.lobbiesOf(id)).toHaveLength(1);
    });

    it('does not adopt a lobby that an earlier life left behind', async () => {
      const wolf = await rig.addHost();
      const id = await start();
      const [oldToken] = rig.tokensInLobbiesOf(id);
      // A stop that believed the host to be gone for good: its row says so, the lobby stands.
      await rig.tokens.revokeAll(id);
      await replica.placements.release(id);
      await rig.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [id]);
      expect(wolf.lobbyCount).toBe(1);
      expect(await replica.agents.resume(id)).toMatchObject({ state: 'running' });
      expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
      expect(rig.tokensInLobbiesOf(id)).not.toContain(oldToken);
    });

    it('asked for while a stop is under way follows it', async () => {
      const wolf = await rig.addHost();
      const id = await start();
      wolf.faults.answerDelayMs = 300;
      const stopped = replica.agents.stop(id);
      await eventually(async () => {
        expect(await rig.row(id)).toMatchObject({ state: 'stopping' });
      });
      const resumer = await rig.addReplica();
      const resumed = resumer.agents.resume(id);
      await eventually(async () => {
        expect(await rig.row(id)).toMatchObject({ desired: 'running' });
      });
      wolf.faults.answerDelayMs = 0;
      expect(await stopped).toMatchObject({ state: 'running' });
      expect(await resumed).toMatchObject({ state: 'running', desired: 'running' });
      expect(await rig.holdings(id)).toEqual(RUNNING);
    });

    it('says why when there is no place, and can be asked for again', async () => {
      await rig.addHost('gpu-1', 1);
      const id = await start();
      await replica.agents.stop(id);
      const other = await replica.agents.create({ ownerId: OWNER });
      await expect(replica.agents.resume(id)).rejects.toMatchObject({ code: 'PLACEMENT_ALL_FULL' });
      expect(await rig.holdings(id)).toEqual(FAILED);
      await replica.agents.stop(other.id);
      expect(await replica.agents.resume(id)).toMatchObject({ state: 'running' });
    });
  });

  describe('deleting', () => {
    it('stops the desktop and hides the session', async () => {
      await rig.addHost();
      const id = await start();
      expect(await replica.agents.remove(id)).toMatchObject({ state: 'stopped' });
      expect(await rig.holdings(id)).toEqual(STOPPED);
      await expect(replica.agents.get(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await expect(replica.agents.resume(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await expect(replica.agents.remove(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      await expect(replica.agents.rename(id, 'x')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
      expect((await replica.agents.list({ ownerId: OWNER, page: 0, pageSize: 10 })).totalCount).toBe(0);
      expect(replica.pictures.forgotten).toContain(id);
    });

    it('stops the desktop later when its host is away', async () => {
      const wolf = await rig.addHost();
      const id = await start();
      await wolf.crash();
      expect(await replica.agents.remove(id)).toMatchObject({ state: 'stopping' });
      await wolf.start();
      await rig.skipPauses();
      replica.startReconciler();
      await eventually(async () => {
        expect(await rig.holdings(id)).toMatchObject({ state: 'stopped', slots: 0, tokens: 0 });
      });
    });
  });

  describe('renaming', () => {
    it.each([[''], ['   '], ['x'.repeat(201)], ['a\u0000b'], ['\uD800']])('refuses %j', async (name) => {
      await rig.addHost();
      const id = await start();
      await expect(replica.agents.rename(id, name)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    });

    it('changes the name and nothing else', async () => {
      await rig.addHost();
      const id = await start();
      const before = await rig.row(id);
      const after = await replica.agents.rename(id, ' Ann’s desktop ');
      const { name, version, updatedAt } = after;
      expect([name, version]).toEqual(['Ann’s desktop', before.version + 1]);
      expect(after).toEqual(Object.assign(before, { name, version, updatedAt }));
    });
  });

  describe('idleness', () => {
    const idleFor = (id: SessionId, minutes: number): Promise<unknown> =>
      rig.dataSource.query(`UPDATE sessions SET last_activity_at = now() - $2 * interval '1 minute' WHERE id = $1`, [
        id,
        minutes,
      ]);
    const sweeper = (limitMinutes: number): IdleSweeper =>
      new IdleSweeper(new SessionActivity(rig.dataSource), limitMinutes * 60_000, replica.logger);

    it('stops an idle desktop once, whichever replica looks, and says why', async () => {
      await rig.addHost();
      const id = await start();
      await idleFor(id, 31);
      await Promise.all([sweeper(30).sweep(), sweeper(30).sweep(), sweeper(30).sweep()]);
      expect(replica.logger.countOf('stopping an idle desktop')).toBe(1);
      replica.startReconciler();
      await eventually(async () => {
        expect(await rig.holdings(id)).toEqual(STOPPED);
      });
      expect(await rig.row(id)).toMatchObject({ desired: 'stopped', reason: { code: 'IDLE' } });
      expect(await replica.agents.resume(id)).toMatchObject({ state: 'running', reason: null });
      await sweeper(30).sweep();
      expect(await rig.row(id)).toMatchObject({ desired: 'running' });
    });

    it('spares active desktops and those with a longer idle limit or none', async () => {
      await rig.addHost();
      const worked = await start();
      const [long, endless, short] = await Promise.all(
        [120 * 60_000, 0, 60_000].map((idleLimitMs) => replica.agents.create({ ownerId: OWNER, idleLimitMs })),
      );
      for (const id of [worked, long?.id, endless?.id, short?.id]) if (id !== undefined) await idleFor(id, 31);
      await new SessionActivity(rig.dataSource).note(worked);
      await sweeper(30).sweep();
      const wishes = await Promise.all(
        [worked, long?.id, endless?.id, short?.id].map(async (id) => (id ? (await rig.row(id)).desired : '')),
      );
      expect(wishes).toEqual(['running', 'running', 'running', 'stopped']);
    });

    it('never happens with a limit of 0', async () => {
      await rig.addHost();
      const id = await start();
      await idleFor(id, 10_000);
      await sweeper(0).sweep();
      expect(await rig.row(id)).toMatchObject({ desired: 'running' });
    });

    it('is not what a stopping desktop is stopped for, though its host is away', async () => {
      const wolf = await rig.addHost();
      const id = await start();
      await idleFor(id, 31);
      await sweeper(30).sweep();
      await wolf.crash();
      await replica.driver.drive(id);
      expect(await rig.row(id)).toMatchObject({
        state: 'stopping',
        reason: { code: 'IDLE', message: expect.stringContaining('cannot be reached') as unknown },
      });
    });
  });
});
