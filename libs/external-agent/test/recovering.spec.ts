import type { SimulatedWolf } from '@helix/sandbox-simulator';
import { HttpWolfClient, lobbyPinFromText, localSocketDial } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';

import { eventually } from '@helix/pacing/testing';
import { createSessionId, type SessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { FAILED, OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

const DEAD = 'a-replica-that-died/1';

describe('recovering a session whose driver died', () => {
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

  /** Each step of a start, done as the driver does it by a holder that then never comes back. */
  const startSteps: Readonly<Record<string, (id: SessionId) => Promise<void>>> = {
    'the row was inserted': async () => undefined,
    'placing was written': async (id) => {
      await replica.repository.change(id, DEAD, 'place');
    },
    'the slot was reserved': async (id) => {
      await replica.placements.place({ sessionId: id });
    },
    'the host was written': async (id) => {
      await replica.repository.change(id, DEAD, 'assign', { wolfInstanceId: 'gpu-1', startAttempts: 1, life: 1 });
    },
    'the token was issued': async (id) => {
      await rig.tokens.issue(id);
    },
    'the lobby was created': async (id) => {
      await leaveLobby(id, rig.tokens.liveOf(id)[0]!);
    },
    'the slot was confirmed': async (id) => {
      await replica.placements.confirm(id);
    },
  };
  const steps = Object.entries(startSteps);

  /** A lobby of the session as a driver makes it. */
  async function leaveLobby(id: SessionId, token: string): Promise<string> {
    const { lobbyPin } = await rig.row(id);
    return await new HttpWolfClient(localSocketDial(wolf.socketPath)).createLobby(
      exampleLobby({
        pin: lobbyPinFromText(lobbyPin),
        runner: {
          type: 'docker',
          name: 'desk',
          image: 'desk:dev',
          mounts: [],
          env: [`USER_API_TOKEN=${token}`, `HELIX_SESSION_ID=${id}`],
          devices: [],
          ports: [],
        },
      }),
    );
  }

  async function dieAfter(stepCount: number): Promise<SessionId> {
    const id = await rig.insert();
    await replica.repository.claim(id, DEAD, 30_000);
    for (const [, step] of steps.slice(0, stepCount)) await step(id);
    return id;
  }

  const deaths = steps.map(([name], index) => [name, index + 1] as const);

  it.each(deaths)('finishes the start after %s', async (_name, stepCount) => {
    const id = await dieAfter(stepCount);
    const lobbiesBefore = rig.lobbiesOf(id);
    // It is not taken while its driver may be alive.
    expect(await replica.driver.drive(id)).toBeUndefined();
    await rig.expireLease(id);
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(RUNNING);
    });
    expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
    if (lobbiesBefore.length > 0) expect(rig.lobbiesOf(id)).toEqual(lobbiesBefore);
    expect(await rig.row(id)).toMatchObject({ lobbyId: rig.lobbiesOf(id)[0], reason: null, leaseHolder: null });
  });

  it.each(deaths)('finishes the stop that was wanted after %s', async (_name, stepCount) => {
    const id = await dieAfter(stepCount);
    await replica.repository.requestStop(id);
    await rig.expireLease(id);
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(STOPPED);
    });
  });

  it.each([
    ['stopping was written', 0],
    ['the token was revoked', 1],
    ['the lobby was stopped', 2],
    ['the slot was released', 3],
  ])('finishes the stop after %s', async (_name, stepCount) => {
    const { id } = await replica.agents.create({ ownerId: OWNER });
    await replica.repository.requestStop(id);
    await replica.repository.claim(id, DEAD, 30_000);
    await replica.repository.change(id, DEAD, 'beginStop', { reason: null });
    if (stepCount > 0) await rig.tokens.revokeAll(id);
    if (stepCount > 1) await wolf.restart();
    if (stepCount > 2) await replica.placements.release(id);
    await rig.expireLease(id);
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(STOPPED);
    });
  });

  it('of two lobbies keeps the one whose token was not revoked', async () => {
    const id = await dieAfter(6);
    await rig.tokens.revokeAll(id);
    await leaveLobby(id, await rig.tokens.issue(id));
    await rig.expireLease(id);
    await replica.driver.drive(id);
    expect(await rig.holdings(id)).toEqual(RUNNING);
    expect(rig.tokensInLobbiesOf(id)).toEqual(rig.tokens.liveOf(id));
  });

  it('takes back the lobby and the token of a session that no longer has a place', async () => {
    const id = await dieAfter(6);
    await replica.instances.remove('gpu-1', { force: true });
    await rig.expireLease(id);
    expect(await replica.driver.drive(id)).toMatchObject({
      state: 'failed',
      reason: { code: 'PLACEMENT_NONE_REGISTERED' },
    });
    expect(await rig.holdings(id)).toEqual(FAILED);
  });

  it('moves to another host when its own was forgotten, and leaves no lobby behind', async () => {
    const id = await dieAfter(6);
    await replica.instances.remove('gpu-1', { force: true });
    const gpu1 = wolf;
    const gpu2 = await rig.addHost('gpu-2');
    const later = await rig.addReplica();
    await rig.expireLease(id);
    expect(await later.driver.drive(id)).toMatchObject({ state: 'running', wolfInstanceId: 'gpu-2' });
    expect([gpu1.lobbyCount, gpu2.lobbyCount]).toEqual([0, 1]);
    expect(await rig.holdings(id)).toEqual(RUNNING);
  });

  it('undoes a start whose slot was taken away', async () => {
    wolf.faults.createDelayMs = 3_000;
    const sessionId = createSessionId();
    const created = replica.agents.create({ ownerId: OWNER, sessionId }).catch((error: unknown) => error);
    await eventually(() => {
      expect(wolf.lobbyCount).toBe(1);
    });
    await replica.instances.remove('gpu-1', { force: true });
    expect(await created).toMatchObject({ code: 'START_FAILED' });
    expect(await rig.holdings(sessionId)).toEqual(FAILED);
  });

  it('does not count a try that found no moment to be placed', async () => {
    const blocker = rig.dataSource.createQueryRunner();
    await blocker.startTransaction();
    // Another's placement that does not end: it holds the lock of them all (`changeCapacity`).
    await blocker.query('SELECT pg_advisory_xact_lock(7036874417)');
    const sessionId = createSessionId();
    try {
      // Its caller learns of the session all the same: one who is only told to try again makes a second.
      expect(await replica.agents.create({ ownerId: OWNER, sessionId })).toMatchObject({ state: 'placing' });
    } finally {
      await blocker.rollbackTransaction();
      await blocker.release();
    }
    expect(await rig.row(sessionId)).toMatchObject({ state: 'placing', startAttempts: 0 });
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    });
  });
});
