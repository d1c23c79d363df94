import type { SimulatedWolf } from '@helix/sandbox-simulator';

import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../src/index.js';
import type { Replica } from './support/replica.js';
import { OWNER, RUNNING, SessionRig, STOPPED } from './support/session-rig.js';

describe('a driver that loses its lease', () => {
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

  it('does not harm a session that another driver took over from it', async () => {
    wolf.faults.createDelayMs = 400;
    const other = await rig.addReplica();
    const sessionId = createSessionId();
    const created = replica.agents.create({ ownerId: OWNER, sessionId });
    await eventually(() => {
      expect(wolf.lobbyCount).toBe(1);
    });
    // As if this driver had been frozen for longer than its lease.
    await rig.expireLease(sessionId);
    expect(await other.driver.drive(sessionId)).toMatchObject({ state: 'running' });
    expect(await created).toMatchObject({ state: 'running', lobbyId: rig.lobbiesOf(sessionId)[0] });
    expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    expect(rig.tokensInLobbiesOf(sessionId)).toEqual(rig.tokens.liveOf(sessionId));
  });

  it('makes no Wolf calls after losing the lease, and spares the successor’s desktop', async () => {
    const other = await rig.addReplica();
    const sessionId = createSessionId();
    const issue = rig.tokens.issue.bind(rig.tokens);
    let wake: () => void = () => undefined;
    const frozen = new Promise<void>((resolve) => {
      wake = resolve;
    });
    rig.tokens.issue = async (id) => {
      rig.tokens.issue = issue;
      const token = await issue(id);
      await frozen;
      return token;
    };
    const created = replica.agents.create({ ownerId: OWNER, sessionId });
    await eventually(() => {
      expect(rig.tokens.liveOf(sessionId)).toHaveLength(1);
    });
    await rig.expireLease(sessionId);
    await other.driver.drive(sessionId);
    const lobbies = rig.lobbiesOf(sessionId);
    wake();
    expect(await created).toMatchObject({ state: 'running', lobbyId: lobbies[0] });
    expect(rig.lobbiesOf(sessionId)).toEqual(lobbies);
    expect(await rig.holdings(sessionId)).toEqual(RUNNING);
    expect(rig.tokensInLobbiesOf(sessionId)).toEqual(rig.tokens.liveOf(sessionId));
  });

  it('frees a slot that a late driver reserved after the session had ended', async () => {
    const id = await rig.insert();
    await replica.agents.stop(id);
    await replica.placements.place({ sessionId: id });
    await rig.tokens.issue(id);
    replica.startReconciler();
    await eventually(async () => {
      expect(await rig.holdings(id)).toEqual(STOPPED);
    });
  });

  it('leaves its work to others when it is closed, at once', async () => {
    wolf.faults.answer = { kind: 'silent', path: '/api/v1/lobbies/create' };
    const sessionId = createSessionId();
    const created = replica.agents.create({ ownerId: OWNER, sessionId });
    await eventually(async () => {
      expect(wolf.requestCount).toBe(2);
    });
    const closedAt = performance.now();
    await replica.close();
    // Far less than the silent create's own limit.
    expect(performance.now() - closedAt).toBeLessThan(10_000);
    expect(await created).toMatchObject({ state: 'starting' });
    expect(await rig.row(sessionId)).toMatchObject({ leaseHolder: null });
    wolf.faults.answer = undefined;
    const next = await rig.addReplica();
    await next.driver.drive(sessionId);
    expect(await rig.holdings(sessionId)).toEqual(RUNNING);
  });
});
