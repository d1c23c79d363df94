import { createTestDatabase } from '../../../test/support/postgres.js';
import { createSessionId, SessionEntity, SessionLists, SessionRepository, type SessionId } from '../src/index.js';
import { openSessionDatabase, type SessionDatabase } from './support/session-database.js';

describe('SessionRepository', () => {
  let database: SessionDatabase;
  let repository: SessionRepository;
  let lists: SessionLists;
  beforeAll(async () => {
    database = await openSessionDatabase();
    repository = new SessionRepository(database.dataSource);
    lists = new SessionLists(database.dataSource);
  });
  afterEach(() => database.clear());
  afterAll(() => database.close());

  const insert = async (name = 'one', ownerId = 'usr_ann'): Promise<SessionId> => {
    const id = createSessionId();
    const inserted = await repository.insert({
      id,
      ownerId,
      name,
      lobbyPin: '0419',
      display: { width: 1920, height: 1080, refreshHz: 60 },
      environment: ['A=b'],
      gpuVendor: null,
      image: null,
      labels: { project_id: 'p' },
      idleLimitMs: null,
    });
    expect(inserted).toBe(true);
    return id;
  };

  it('undoes its migrations to the last trace', async () => {
    const own = await openSessionDatabase(createTestDatabase);
    try {
      for (let left = own.dataSource.migrations.length; left > 0; left -= 1) await own.dataSource.undoLastMigration();
      const tables = await own.dataSource.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
      expect(tables).toEqual([{ tablename: 'migrations' }]);
    } finally {
      await own.close();
    }
  });

  it('has the same columns in the entity and in the database', async () => {
    const drift = await database.dataSource.driver.createSchemaBuilder().log();
    const ours = drift.upQueries.map((query) => query.query).filter((query) => query.includes('"sessions"'));
    expect(ours.filter((query) => /\b(?:ADD|DROP COLUMN|ALTER COLUMN "\w+" TYPE)\b/.test(query))).toEqual([]);
  });

  it('gives an id to the first who asks for it, and tells the others', async () => {
    const id = await insert();
    const row = await repository.find(id);
    const taken = Object.assign(new SessionEntity(), row, { ownerId: 'usr_bob', name: 'two' });
    expect(await repository.insert(taken)).toBe(false);
    expect(await repository.find(id)).toEqual(row);
  });

  it('lets one holder at a time change a session, whatever the others believe', async () => {
    const id = await insert();
    const claims = await Promise.all(['a', 'b', 'c', 'd'].map((holder) => repository.claim(id, holder, 30_000)));
    const holder = claims.find((claim) => claim !== undefined)?.leaseHolder ?? '';
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
    const others = ['a', 'b', 'c', 'd'].filter((other) => other !== holder);
    for (const other of others) {
      expect(await repository.change(id, other, 'place')).toBeUndefined();
      expect(await repository.renew(id, other, 30_000)).toBe(false);
      await repository.release(id, other);
    }
    expect(await repository.change(id, holder, 'place')).toMatchObject({ state: 'placing', version: 2 });
    await repository.release(id, holder);
    expect(await repository.change(id, holder, 'setReason', { reason: null })).toBeUndefined();
  });

  it('takes the lease from a holder whose time is over, and refuses what he does then', async () => {
    const id = await insert();
    await repository.claim(id, 'late', 30_000);
    await database.dataSource.query(`UPDATE sessions SET lease_expires_at = now() - interval '1 ms'`);
    expect(await repository.claim(id, 'next', 30_000)).toMatchObject({ leaseHolder: 'next' });
    expect(await repository.change(id, 'late', 'place')).toBeUndefined();
    expect(await repository.renew(id, 'late', 30_000)).toBe(false);
  });

  it('changes the columns it was told and no others', async () => {
    const id = await insert();
    await repository.claim(id, 'holder', 30_000);
    await repository.change(id, 'holder', 'assign', { wolfInstanceId: 'gpu-1', startAttempts: 1, life: 1 });
    await repository.requestStop(id);
    // The holder still believes that the session shall run.
    await repository.change(id, 'holder', 'run', { lobbyId: 'lobby' });
    const row = await repository.change(id, 'holder', 'beginStop', { reason: { code: 'X', message: 'y' } });
    expect(row).toMatchObject({
      state: 'stopping',
      desired: 'stopped',
      wolfInstanceId: 'gpu-1',
      lobbyId: 'lobby',
      reason: { code: 'X', message: 'y' },
      environment: ['A=b'],
      labels: { project_id: 'p' },
      idleLimitMs: null,
      display: { width: 1920, height: 1080, refreshHz: 60 },
    });
    expect(await repository.find(id)).toEqual(row);
    expect((await repository.change(id, 'holder', 'setReason', { reason: null }))?.reason).toBeNull();
  });

  it('raises the version with what readers see, and with nothing else', async () => {
    const id = await insert();
    const version = async (): Promise<number | undefined> => (await repository.find(id))?.version;
    expect(await version()).toBe(1);
    await repository.claim(id, 'holder', 30_000);
    await repository.renew(id, 'holder', 30_000);
    expect(await version()).toBe(1);
    await repository.change(id, 'holder', 'place');
    expect(await version()).toBe(2);
    await repository.release(id, 'holder');
    expect(await version()).toBe(2);
    await repository.requestStop(id);
    expect(await version()).toBe(3);
    expect(await repository.requestStop(id)).toMatchObject({ version: 3 });
    await repository.requeueFailed(id);
    expect(await version()).toBe(3);
  });

  it('puts a failed session back into the queue, and no other', async () => {
    const id = await insert();
    await repository.claim(id, 'holder', 30_000);
    await repository.change(id, 'holder', 'assign', { wolfInstanceId: 'gpu-1', startAttempts: 3, life: 1 });
    await repository.change(id, 'holder', 'fail', { reason: { code: 'START_FAILED', message: '' } });
    await repository.requeueFailed(id);
    const queued = { state: 'queued', reason: null, wolfInstanceId: 'gpu-1', startAttempts: 0 };
    expect(await repository.find(id)).toMatchObject(queued);
    await repository.change(id, 'holder', 'fail', { reason: null });
    await repository.requestStop(id);
    await repository.requeueFailed(id);
    expect(await repository.find(id)).toMatchObject({ state: 'failed' });
  });

  it('says of a session that is not there that it is not there', async () => {
    const id = createSessionId();
    expect(await repository.find(id)).toBeNull();
    expect(await repository.claim(id, 'holder', 30_000)).toBeUndefined();
    expect(await repository.requestStop(id)).toBeUndefined();
  });

  it.each([
    ['100%', ['100% sure']],
    ['a_b', ['a_b']],
    ['back\\slash', ['back\\slash']],
    ['%', ['100% sure']],
    ['SURE', ['100% sure', '1000 sure']],
    ['', ['100% sure', '1000 sure', 'a_b', 'axb', 'back\\slash']],
    ['sure\u0000', ['100% sure', '1000 sure']],
    [`'; DROP TABLE sessions; --`, []],
  ])('takes a search (%j) for text and not for a pattern', async (search, found) => {
    for (const name of ['100% sure', '1000 sure', 'a_b', 'axb', 'back\\slash']) await insert(name);
    const page = await lists.list({ ownerId: 'usr_ann', search, page: 0, pageSize: 10 });
    expect(page.sessions.map((session) => session.name).sort()).toEqual(found);
  });

  it('finds a session by a piece of its id', async () => {
    const id = await insert();
    await insert();
    const { sessions } = await lists.list({ ownerId: undefined, search: id.slice(-8), page: 0, pageSize: 10 });
    expect(sessions.map((session) => session.id)).toEqual([id]);
  });

  it('pages through sessions, newest first, each once, those of one owner only', async () => {
    for (let count = 0; count < 7; count += 1) await insert(`n${String(count)}`);
    await insert('not mine', 'usr_bob');
    // Made in one moment: the order must be one all the same.
    await database.dataSource.query(`UPDATE sessions SET created_at = now()`);
    const names: string[] = [];
    for (let page = 0; page < 4; page += 1) {
      const { sessions, totalCount } = await lists.list({ ownerId: 'usr_ann', page, pageSize: 3 });
      expect(totalCount).toBe(7);
      names.push(...sessions.map((session) => session.name));
    }
    expect(names).toEqual(['n6', 'n5', 'n4', 'n3', 'n2', 'n1', 'n0']);
    expect((await lists.list({ ownerId: undefined, page: 0, pageSize: 3 })).totalCount).toBe(8);
  });

  it('leaves out the ended ones when only the active are asked for', async () => {
    const [active, ended] = [await insert('active'), await insert('ended')];
    await repository.claim(ended, 'holder', 30_000);
    await repository.requestStop(ended);
    await repository.change(ended, 'holder', 'beginStop', { reason: null });
    await repository.change(ended, 'holder', 'finishStop', { reason: null });
    const { sessions } = await lists.list({ ownerId: 'usr_ann', activeOnly: true, page: 0, pageSize: 3 });
    expect(sessions.map((session) => session.id)).toEqual([active]);
    expect(await lists.countByState()).toEqual({ queued: 1, stopped: 1 });
  });
});
