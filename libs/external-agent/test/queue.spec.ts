import { PlacementService } from '@helix/scheduler';
import { eventually } from '@helix/pacing/testing';
import { createSessionId, SessionQueue, type CreateSession, type SessionEntity, type SessionId } from '../src/index.js';
import { FaultWorld } from './support/fault-world.js';
import { openSessionDatabase, type SessionDatabase } from './support/session-database.js';
import { FAILED, OWNER, RUNNING, STOPPED } from './support/session-rig.js';

/** Real: PostgreSQL, sockets, links, and one replica as the API puts it together. Simulated: Wolf. Slots are not announced here. */

describe('waiting for a slot', () => {
  let database: SessionDatabase;
  let world: FaultWorld;
  beforeAll(async () => {
    database = await openSessionDatabase();
  });
  beforeEach(async () => {
    world = await FaultWorld.open(database.dataSource);
  });
  afterEach(async () => {
    await world.close();
    await database.clear();
  });
  afterAll(() => database.close());

  const create = (request: Partial<CreateSession> = {}): Promise<SessionEntity> =>
    world.all.agents.create({ ownerId: OWNER, ...request });
  const setSlots = (count: number): Promise<unknown> =>
    database.dataSource.query('UPDATE wolf_instances SET max_sandboxes = $1', [count]);
  const waiting = async (): Promise<number> => {
    const [row] = await database.dataSource.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM placement_queue',
    );
    return row?.count ?? -1;
  };

  it('is told at once, with place and deadline, and again to who asks again', async () => {
    await setSlots(0);
    const startedAtMs = performance.now();
    const session = await create({ queueMs: 60_000 });
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
    expect(session).toMatchObject({ state: 'queued', queuePosition: 1, reason: { code: 'QUEUED' }, startAttempts: 0 });
    expect(session.reason?.message).toContain('number 1');
    expect(session.reason?.message).toContain(session.queueDeadlineAt?.toISOString());
    const again = await create({ sessionId: session.id });
    expect(again).toMatchObject({
      state: 'queued',
      version: session.version,
      queueDeadlineAt: session.queueDeadlineAt,
    });
    expect(await waiting()).toBe(1);
  });

  it('ends with the slot that another gives back, first come first served', async () => {
    await setSlots(1);
    const running = await create();
    const ids: SessionId[] = [];
    for (let count = 0; count < 2; count += 1) ids.push((await create({ queueMs: 60_000 })).id);
    const [first, second] = ids as [SessionId, SessionId];
    expect(await world.row(second)).toMatchObject({ queuePosition: 2 });
    await world.all.agents.stop(running.id);
    await eventually(async () => {
      expect(await world.holdings(first)).toEqual(RUNNING);
    });
    expect(await world.row(first)).toMatchObject({ queuePosition: null, queueDeadlineAt: null, reason: null });
    await new SessionQueue(database.dataSource).refreshPositions();
    expect(await world.row(second)).toMatchObject({ state: 'queued', queuePosition: 1 });
    expect((await world.row(second)).reason?.message).toContain('number 1');
  });

  it('ends at its deadline, to about a second, and says so', async () => {
    await setSlots(0);
    const { id } = await create({ queueMs: 1_000 });
    const { queueDeadlineAt } = await world.row(id);
    await eventually(async () => {
      expect(await world.holdings(id)).toEqual(FAILED);
    });
    const row = await world.row(id);
    expect(row).toMatchObject({
      reason: { code: 'PLACEMENT_QUEUE_TIMEOUT' },
      queuePosition: null,
      queueDeadlineAt: null,
    });
    const lateMs = row.updatedAt.getTime() - (queueDeadlineAt?.getTime() ?? 0);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(2_500);
    expect(await waiting()).toBe(0);
    await setSlots(1);
    expect(await create({ sessionId: id })).toMatchObject({ state: 'running' });
  });

  it.each(['stop', 'remove'] as const)('ends with a %s, which leaves the queue', async (command) => {
    await setSlots(0);
    const { id } = await create({ queueMs: 60_000 });
    expect(await world.all.agents[command](id)).toMatchObject({ state: 'stopped' });
    expect(await world.holdings(id)).toEqual(STOPPED);
    expect(await waiting()).toBe(0);
  });

  it('is over at once for one that is announced, whatever else is', async () => {
    await setSlots(0);
    const { id } = await create({ queueMs: 60_000 });
    await setSlots(1);
    await new PlacementService(database.dataSource).place({ sessionId: id });
    for (const other of ['', 'x', createSessionId()]) world.all.enqueueDrive(other);
    world.all.enqueueDrive(id);
    await eventually(async () => {
      expect(await world.holdings(id)).toEqual(RUNNING);
    });
  });

  it('does not happen without queueMs, or when no host could ever match', async () => {
    await setSlots(0);
    await expect(create()).rejects.toMatchObject({ code: 'PLACEMENT_ALL_FULL', retryable: true });
    expect(await waiting()).toBe(0);
  });

  it('is also what a session does that comes back, or is asked to have labels', async () => {
    await database.dataSource.query(`UPDATE wolf_instances SET labels = '{"zone":"a"}'`);
    await expect(create({ hostLabels: { zone: 'b' } })).rejects.toMatchObject({ code: 'PLACEMENT_NO_MATCHING_LABELS' });
    const { id } = await create({ hostLabels: { zone: 'a' }, queueMs: 60_000 });
    expect(await world.holdings(id)).toEqual(RUNNING);
    await world.all.agents.stop(id);
    await setSlots(0);
    expect(await world.all.agents.resume(id)).toMatchObject({
      state: 'queued',
      reason: { code: 'QUEUED' },
      life: 2,
    });
    await setSlots(4);
    await create();
    await eventually(async () => {
      expect(await world.holdings(id)).toEqual(RUNNING);
    });
  });

  it.each([
    ['too many', Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${String(index)}`, 'x']))],
    ['one without a name', { '': 'x' }],
    ['one that is too long', { zone: 'x'.repeat(129) }],
    ['one that is no text', { zone: 1 as unknown as string }],
    ['one that PostgreSQL cannot hold', { zone: 'a\u0000b' }],
  ])('is refused with labels of which there are %s', async (_what, hostLabels) => {
    await expect(create({ hostLabels })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
