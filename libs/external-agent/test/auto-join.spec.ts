import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { eventually } from '@helix/pacing/testing';
import { AutoJoin, type SessionEntity } from '../src/index.js';
import { OWNER, SessionRig } from './support/session-rig.js';

/** Beyond 2^53 and apart in the last digit only, which a JavaScript number loses. */
const STREAM = '10594003729173467913';
const NEIGHBOUR = '10594003729173467912';
const QUICK = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100 };

describe('joining a viewer to the lobby of the session', () => {
  let rig: SessionRig;
  let wolf: SimulatedWolf;
  let session: SessionEntity;
  let autoJoin: AutoJoin;
  let impatient: AutoJoin;

  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  beforeEach(async () => {
    wolf = await rig.addHost();
    const replica = await rig.addReplica();
    session = await replica.agents.create({ ownerId: OWNER });
    const hosts = replica.watchHosts(['gpu-1'], QUICK);
    autoJoin = new AutoJoin(replica.clients, hosts);
    impatient = new AutoJoin(replica.clients, hosts, 300);
  });
  afterEach(async () => {
    expect(wolf.uncaughtExceptionCount + wolf.suspectIdCount).toBe(0);
    await rig.clear();
  });
  afterAll(() => rig.close());

  const viewer = (suffix = '-tab'): string => `helix-agent-${session.id}${suffix}`;
  const launch = (clientId: string, clientUniqueId = viewer()): void => {
    wolf.launchSession({ clientId, clientUniqueId });
  };
  const watching = (): readonly string[] =>
    wolf.lobbies.find((lobby) => lobby.id === session.lobbyId)?.connectedSessionIds ?? [];

  it('joins the stream of this session with the stored PIN, and again is a success', async () => {
    launch(STREAM);
    launch(NEIGHBOUR, 'helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6-tab');
    expect(await autoJoin.join(session)).toBe(session.lobbyId);
    expect(watching()).toEqual([STREAM]);
    expect(await autoJoin.join(session)).toBe(session.lobbyId);
    expect(watching()).toEqual([STREAM]);
  });

  it('takes no stream whose id merely begins like one of this session', async () => {
    launch(NEIGHBOUR, viewer('0'));
    launch(STREAM);
    await autoJoin.join(session);
    expect(watching()).toEqual([STREAM]);
  });

  it('joins the one that connected last, or the one that is named', async () => {
    launch(STREAM, viewer('-tab-1'));
    launch(NEIGHBOUR, viewer('-tab-2'));
    await autoJoin.join(session);
    expect(watching()).toEqual([NEIGHBOUR]);
    await autoJoin.join(session, { clientUniqueId: viewer('-tab-1') });
    expect(watching()).toEqual([NEIGHBOUR, STREAM]);
  });

  it('refuses an id that is of another session, and asks the host nothing', async () => {
    const before = wolf.requestCountOf('/api/v1/sessions');
    for (const clientUniqueId of ['helix-agent-ses_01kata7wrce3cd5j3hg5ttvjw6-tab', viewer('x'), STREAM]) {
      await expect(autoJoin.join(session, { clientUniqueId })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(wolf.requestCountOf('/api/v1/sessions') - before).toBeLessThanOrEqual(1);
  });

  it('waits for a viewer who has only just connected', async () => {
    const joined = autoJoin.join(session);
    await eventually(() => {
      expect(wolf.requestCountOf('/api/v1/sessions')).toBeGreaterThan(0);
    });
    launch(STREAM);
    await joined;
    expect(watching()).toEqual([STREAM]);
  });

  it('takes the viewer out of another lobby first', async () => {
    const other = await (await rig.addReplica()).agents.create({ ownerId: OWNER });
    launch(STREAM, `helix-agent-${other.id}`);
    await autoJoin.join(other);
    // The same person, with the same certificate, opens the other desktop.
    wolf.launchSession({ clientId: STREAM, clientUniqueId: viewer() });
    await autoJoin.join(session, { clientUniqueId: viewer() });
    expect(watching()).toEqual([STREAM]);
  });

  it('survives a viewer who leaves between two looks', async () => {
    launch(STREAM);
    wolf.faults.sessionVanishesBeforeJoin = true;
    const joined = autoJoin.join(session);
    await eventually(() => {
      expect(wolf.sessionIds).toEqual([]);
    });
    wolf.faults.sessionVanishesBeforeJoin = false;
    launch(STREAM);
    await joined;
    expect(watching()).toEqual([STREAM]);
  });

  it('gives up when its caller does', async () => {
    const caller = new AbortController();
    const joined = autoJoin.join(session, { signal: caller.signal });
    await eventually(() => {
      expect(wolf.requestCountOf('/api/v1/sessions')).toBeGreaterThan(0);
    });
    caller.abort(new Error('left'));
    await expect(joined).rejects.toThrow();
  });

  it('says after a while that no viewer is there', async () => {
    launch(NEIGHBOUR, viewer('0'));
    await expect(impatient.join(session)).rejects.toMatchObject({ code: 'VIEWER_NOT_CONNECTED' });
  });

  it.each([
    ['starting', 'DESKTOP_STARTING'],
    ['stopped', 'NO_DESKTOP'],
  ] as const)('joins no viewer to a session that is %s', async (state, code) => {
    await expect(autoJoin.join(Object.assign(session, { state }))).rejects.toMatchObject({ code });
  });

  it('tells of a PIN that is wrong, without telling it', async () => {
    launch(STREAM);
    const error: unknown = await autoJoin
      .join(Object.assign(session, { lobbyPin: session.lobbyPin === '1234' ? '4321' : '1234' }))
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'WOLF_WRONG_PIN' });
    expect(String(error)).not.toMatch(/1234|4321/);
  });
});
