import { HttpWolfClient, lobbyPinFromText, localSocketDial } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { markedLifeOf, type SessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200 };

describe('the life that a desktop is marked with', () => {
  it.each([
    [['A=b'], 1],
    [['HELIX_SESSION_GENERATION=7'], 7],
    [['HELIX_SESSION_GENERATION=7', 'HELIX_SESSION_GENERATION=8'], 8],
    [['HELIX_SESSION_GENERATION='], 0],
    [['HELIX_SESSION_GENERATION=01'], 0],
    [['HELIX_SESSION_GENERATION=1e3'], 0],
    [['HELIX_SESSION_GENERATION=99999999999'], 0],
  ])('is read from %j as %d', (environment, life) => {
    expect(markedLifeOf(environment)).toBe(life);
  });
});

describe('the lives of a session', () => {
  let rig: SessionRig;
  let replica: Replica;
  let wolf: SimulatedWolf;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  beforeEach(async () => {
    wolf = await rig.addHost();
    replica = await rig.addReplica();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  /** A lobby as an earlier life left it; without a mark, as the release before made it. */
  async function leaveLobby(id: SessionId, life?: number): Promise<string> {
    const { runner } = exampleLobby();
    if (runner.type !== 'docker') throw new Error('the example lobby runs a container');
    const marker = life === undefined ? [] : [`HELIX_SESSION_GENERATION=${String(life)}`];
    return await new HttpWolfClient(localSocketDial(wolf.socketPath)).createLobby(
      exampleLobby({
        pin: lobbyPinFromText((await rig.row(id)).lobbyPin),
        runner: { ...runner, env: [`HELIX_SESSION_ID=${id}`, ...marker] },
      }),
    );
  }

  const start = async (): Promise<SessionId> => (await replica.agents.create({ ownerId: OWNER })).id;

  it('are counted by resume, stop taken back, retry and lost desktop', async () => {
    const id = await start();
    const life = async (): Promise<number> => (await rig.row(id)).life;
    expect(await life()).toBe(1);
    await replica.agents.stop(id);
    await replica.agents.resume(id);
    expect(await life()).toBe(2);
    await replica.agents.resume(id);
    expect(await life()).toBe(2);
    await rig.dataSource.query(`UPDATE sessions SET state = 'stopping' WHERE id = $1`, [id]);
    expect(await replica.driver.drive(id)).toMatchObject({ state: 'running', life: 3 });
    await rig.dataSource.query(`UPDATE sessions SET state = 'failed' WHERE id = $1`, [id]);
    await replica.repository.requeueFailed(id);
    expect(await replica.driver.drive(id)).toMatchObject({ state: 'running', life: 4 });
    await wolf.restart();
    expect(await replica.driver.audit(id, 'gpu-1')).toMatchObject({ state: 'running', life: 5 });
    expect(await rig.holdings(id)).toEqual(RUNNING);
    expect(wolf.lobbies[0]?.env).toContain('HELIX_SESSION_GENERATION=5');
  });

  it('do not adopt the only lobby when an earlier life made it', async () => {
    const id = await start();
    await replica.agents.stop(id);
    await replica.agents.resume(id);
    await wolf.restart();
    await leaveLobby(id);
    const left = await leaveLobby(id, 1);
    // As a driver leaves it that died before it asked for the lobby.
    await rig.dataSource.query(`UPDATE sessions SET state = 'starting' WHERE id = $1`, [id]);
    expect(await replica.driver.drive(id)).toMatchObject({ state: 'running', life: 2 });
    expect(await rig.holdings(id)).toEqual(RUNNING);
    expect(rig.lobbiesOf(id)).not.toContain(left);
  });

  it('take the desktop of the release before, which bears none, for that of the first', async () => {
    const id = await start();
    await wolf.restart();
    const lobbyId = await leaveLobby(id);
    await rig.dataSource.query(`UPDATE sessions SET lobby_id = $2 WHERE id = $1`, [id, lobbyId]);
    expect(await replica.driver.audit(id, 'gpu-1')).toMatchObject({ state: 'running', lobbyId, life: 1 });
    expect(rig.lobbiesOf(id)).toEqual([lobbyId]);
  });

  it('end for good: lobbies of an earlier one are stopped, also while the session is queued', async () => {
    const id = await start();
    await replica.agents.stop(id);
    await rig.dataSource.query('UPDATE wolf_instances SET max_sandboxes = 0');
    await rig.dataSource.query('UPDATE sessions SET queue_ms = 600000');
    expect(await replica.agents.resume(id)).toMatchObject({ state: 'queued', life: 2, wolfInstanceId: 'gpu-1' });
    await leaveLobby(id, 1);
    const own = await leaveLobby(id, 2);
    replica.watchHosts(['gpu-1'], QUICK);
    await eventually(() => {
      expect(rig.lobbiesOf(id)).toEqual([own]);
    });
    expect(await rig.row(id)).toMatchObject({ state: 'queued' });
    await replica.agents.stop(id);
    expect(await rig.holdings(id)).toEqual(STOPPED);
  });

  it('begin with the first for sessions of the release that had no lives', async () => {
    const hasLives = async (): Promise<boolean> => {
      const rows = await rig.dataSource.query<unknown[]>(
        `SELECT FROM information_schema.columns WHERE table_name = 'sessions' AND column_name = 'generation'`,
      );
      return rows.length > 0;
    };
    while (await hasLives()) await rig.dataSource.undoLastMigration();
    await rig.dataSource.query(
      `INSERT INTO sessions (id, owner_id, name, state, desired, lobby_pin, display)
       VALUES ('ses_00000000000000000000000000', 'usr_ann', 'old', 'running', 'running', '0419', '{}')`,
    );
    await rig.dataSource.runMigrations();
    expect(await rig.row('ses_00000000000000000000000000' as SessionId)).toMatchObject({
      life: 1,
      placementLabels: {},
      onHostLost: 'fail',
      queueMs: 0,
      queueDeadlineAt: null,
      hostLostAt: null,
    });
  });
});
