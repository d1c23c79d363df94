import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { createSessionId, type SessionId } from '../src/index.js';
import { makeLobbyOf } from './support/make-lobby-of.js';
import type { Replica } from './support/replica.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

/** A short pause between two listings, so that a test need not wait. */
const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200 };

describe('comparing what hosts run with what the rows say', () => {
  let rig: SessionRig;
  let replica: Replica;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  const start = async (): Promise<SessionId> => {
    replica = await rig.addReplica();
    replica.startReconciler();
    return (await replica.agents.create({ ownerId: OWNER })).id;
  };

  it('starts a desktop again that a restarted Wolf has lost, with a new token', async () => {
    const wolf = await rig.addHost();
    const id = await start();
    const [oldToken] = rig.tokensInLobbiesOf(id);
    replica.watchHosts(['gpu-1'], QUICK);
    await wolf.restart();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(RUNNING);
      expect(rig.tokensInLobbiesOf(id)).not.toEqual([oldToken]);
    });
    expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
    expect(await rig.row(id)).toMatchObject({ reason: null, startAttempts: 2 });
  });

  it.each<[string, (wolf: SimulatedWolf) => void]>([
    [
      'after its events broke off',
      (wolf) => {
        wolf.cutEvents();
      },
    ],
    ['at any time', () => undefined],
  ])('starts nothing again for a list that is empty for a moment %s', async (_when, disturb) => {
    const wolf = await rig.addHost();
    const id = await start();
    const lobbies = rig.lobbiesOf(id);
    const hosts = replica.watchHosts(['gpu-1'], QUICK, 600);
    const listedCount = (): number | undefined => hosts.snapshotOf('gpu-1')?.lobbies.length;
    await eventually(() => {
      expect(listedCount()).toBe(1);
    });
    wolf.faults.listsNothing = true;
    disturb(wolf);
    hosts.refresh('gpu-1');
    await eventually(() => {
      expect(listedCount()).toBe(0);
    });
    wolf.faults.listsNothing = false;
    const seenAgain: number[] = [];
    hosts.subscribe((_id, snapshot) => seenAgain.push(snapshot.askedAtMs));
    const sinceMs = performance.now();
    await eventually(() => {
      hosts.refresh('gpu-1');
      expect(seenAgain.at(-1) ?? 0).toBeGreaterThan(sinceMs + 1_500);
    });
    expect(await rig.row(id)).toMatchObject({ state: 'running', life: 1, startAttempts: 1 });
    expect(rig.lobbiesOf(id)).toEqual(lobbies);
  });

  it('gives a desktop up that ends again and again, and says so', async () => {
    const wolf = await rig.addHost();
    const id = await start();
    replica.watchHosts(['gpu-1'], QUICK);
    wolf.faults.runnerDiesAfterCreate = true;
    await wolf.restart();
    await eventually(async () => {
      expect(await rig.holdings(id)).toMatchObject({ state: 'failed', lobbies: 0, slots: 0, tokens: 0 });
    }, 15_000);
    expect(await rig.row(id)).toMatchObject({ reason: { code: 'START_FAILED' } });
    const counted: unknown = await rig.dataSource.query('SELECT reserved, confirmed FROM wolf_capacities');
    expect(counted).toEqual([{ reserved: 0, confirmed: 0 }]);
  });

  it('counts a desktop that ran for long as one that starts well', async () => {
    const wolf = await rig.addHost();
    const id = await start();
    await rig.dataSource.query(
      `UPDATE sessions SET start_attempts = 3, started_at = now() - interval '1 hour' WHERE id = $1`,
      [id],
    );
    replica.watchHosts(['gpu-1'], QUICK);
    await wolf.restart();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(RUNNING);
      expect(await rig.row(id)).toMatchObject({ startAttempts: 1 });
    });
  });

  it('stops lobbies of ended sessions, and lobbies on a host that is not the session’s', async () => {
    const [one, two] = [await rig.addHost('gpu-1'), await rig.addHost('gpu-2')];
    const ended = await start();
    const { wolfInstanceId } = await rig.row(ended);
    const [home, elsewhere] = wolfInstanceId === 'gpu-1' ? [one, two] : [two, one];
    await rig.dataSource.query(`UPDATE sessions SET state = 'stopped', desired = 'stopped' WHERE id = $1`, [ended]);
    const moved = (await replica.agents.create({ ownerId: OWNER })).id;
    const moveTo = (await rig.row(moved)).wolfInstanceId === 'gpu-1' ? 'gpu-2' : 'gpu-1';
    await rig.dataSource.query(`UPDATE sessions SET wolf_instance_id = $2, lobby_id = 'elsewhere' WHERE id = $1`, [
      moved,
      moveTo,
    ]);
    await rig.dataSource.query('UPDATE placements SET wolf_instance_id = $2 WHERE session_id = $1', [moved, moveTo]);
    expect([home.lobbyCount, elsewhere.lobbyCount].sort()).not.toEqual([0, 0]);
    replica.watchHosts(['gpu-1', 'gpu-2'], QUICK);
    await eventually(async () => {
      expect(rig.lobbiesOf(ended)).toEqual([]);
      // Lost from where it should be, it is started there.
      expect(await rig.row(moved)).toMatchObject({ state: 'running', wolfInstanceId: moveTo });
      expect(rig.lobbiesOf(moved)).toHaveLength(1);
    });
  });

  it('keeps of several lobbies of a session the one on its row', async () => {
    const wolf = await rig.addHost();
    const id = await start();
    await makeLobbyOf(wolf, id, (await rig.row(id)).lobbyPin);
    await makeLobbyOf(wolf, id, (await rig.row(id)).lobbyPin);
    expect(rig.lobbiesOf(id)).toHaveLength(3);
    const { lobbyId } = await rig.row(id);
    replica.watchHosts(['gpu-1'], QUICK);
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(RUNNING);
      expect(rig.lobbiesOf(id)).toEqual([lobbyId]);
    });
  });

  it('leaves foreign lobbies alone', async () => {
    const wolf = await rig.addHost();
    await start();
    await makeLobbyOf(wolf, createSessionId(), '0419');
    const hosts = replica.watchHosts(['gpu-1'], QUICK);
    await hosts.whenSeen('gpu-1', AbortSignal.timeout(10_000));
    hosts.refresh('gpu-1');
    await hosts.whenSeen('gpu-1', AbortSignal.timeout(10_000));
    expect(wolf.lobbyCount).toBe(2);
  });

  it('asks Wolf for nothing while nothing happens', async () => {
    const wolf = await rig.addHost();
    await start();
    const hosts = replica.watchHosts(['gpu-1'], QUICK);
    await eventually(() => {
      expect(wolf.listenerCount).toBe(1);
      expect(hosts.snapshotOf('gpu-1')?.lobbies).toHaveLength(1);
    });
    const { id } = await replica.agents.create({ ownerId: OWNER });
    await eventually(() => {
      expect(hosts.snapshotOf('gpu-1')?.lobbies).toHaveLength(2);
    });
    await replica.agents.stop(id);
    await eventually(() => {
      expect(hosts.snapshotOf('gpu-1')?.lobbies).toHaveLength(1);
    });
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });
});
