import { createHash, randomBytes } from 'node:crypto';
import { eventually } from '@helix/pacing/testing';
import {
  createSessionId,
  EXTERNAL_AGENT_LIMITS as LIMITS,
  SessionRepository,
  SessionShares,
  type NewShare,
  type SessionId,
  type SessionShareEntity,
} from '../src/index.js';
import { SessionShareRepository } from '../src/session/shares/session-share.repository.js';
import { openSessionDatabase, type SessionDatabase } from './support/session-database.js';

const OWNER = 'usr_ann';

describe('SessionShares', () => {
  let database: SessionDatabase;
  let sessions: SessionRepository;
  let shares: SessionShares;
  let id: SessionId;
  beforeAll(async () => {
    database = await openSessionDatabase();
    sessions = new SessionRepository(database.dataSource);
  });
  beforeEach(async () => {
    shares = new SessionShares(database.dataSource);
    id = await insertSession();
  });
  afterEach(() => database.clear());
  afterAll(() => database.close());

  async function insertSession(): Promise<SessionId> {
    const sessionId = createSessionId();
    await sessions.insert({
      id: sessionId,
      ownerId: OWNER,
      name: 'one',
      lobbyPin: '0419',
      display: { width: 1920, height: 1080, refreshHz: 60 },
      environment: [],
      gpuVendor: null,
      image: null,
      labels: {},
      idleLimitMs: null,
    });
    return sessionId;
  }
  const grant = (userId: string, more: Partial<NewShare> = {}): Promise<SessionShareEntity> =>
    shares.create(id, { createdBy: OWNER, role: 'view', holder: { userId }, ...more });
  const newHash = (): Buffer => createHash('sha256').update(randomBytes(32)).digest();
  const link = (tokenHash: Buffer, more: Partial<NewShare> = {}): Promise<SessionShareEntity> =>
    shares.create(id, { createdBy: OWNER, role: 'view', holder: { tokenHash }, ...more });
  const idsOf = (found: readonly SessionShareEntity[]): readonly string[] => found.map((share) => share.id);
  async function rowCount(): Promise<number> {
    return await database.dataSource.manager.count('session_shares');
  }

  it('has the same columns in the entity and in the database', async () => {
    const drift = await database.dataSource.driver.createSchemaBuilder().log();
    const ours = drift.upQueries.map(({ query }) => query).filter((query) => query.includes('"session_shares"'));
    expect(ours.filter((query) => /\b(?:ADD|DROP COLUMN|ALTER COLUMN "\w+" TYPE)\b/.test(query))).toEqual([]);
  });

  it('finds a grant by user and a link by token, within its session only', async () => {
    const other = await insertSession();
    const hash = newHash();
    const toBob = await grant('bob', { label: 'for Bob' });
    const byLink = await link(hash, { role: 'control', lifeMs: 60_000 });
    expect(toBob).toMatchObject({ sessionId: id, createdBy: OWNER, role: 'view', label: 'for Bob', tokenHash: null });
    expect(toBob.id).toMatch(/^shr_[0-9a-z]{26}$/);
    expect(toBob.expiresAt.getTime() - toBob.createdAt.getTime()).toBe(LIMITS.shareLifeDefaultMs);
    expect(byLink.expiresAt.getTime() - byLink.createdAt.getTime()).toBe(60_000);
    expect(await shares.findGrant(id, 'bob')).toMatchObject({ id: toBob.id });
    expect(await shares.findByToken(hash)).toMatchObject({ id: byLink.id, role: 'control', granteeUserId: null });
    expect(await shares.findLive(id, byLink.id)).toMatchObject({ id: byLink.id });
    expect(idsOf(await shares.list(id))).toEqual([byLink.id, toBob.id]);
    expect(await shares.findGrant(id, 'carl')).toBeUndefined();
    expect(await shares.findGrant(other, 'bob')).toBeUndefined();
    expect(await shares.findLive(other, byLink.id)).toBeUndefined();
    expect(await shares.findByToken(newHash())).toBeUndefined();
  });

  it('keeps one grant for each user, with what was said last', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => grant('bob')));
    expect(new Set(idsOf(many)).size).toBe(1);
    const last = await grant('bob', { role: 'control', lifeMs: 1_000, label: 'new' });
    expect(last.id).toBe(many[0]?.id);
    expect(await shares.findGrant(id, 'bob')).toMatchObject({ role: 'control', label: 'new' });
    expect(await shares.list(id)).toHaveLength(1);
  });

  it('gives a user whose grant has run out another one', async () => {
    const first = await grant('bob');
    await database.dataSource.query(`UPDATE session_shares SET expires_at = now() - interval '1 s'`);
    const second = await grant('bob');
    expect(second.id).not.toBe(first.id);
    expect(idsOf(await shares.list(id))).toEqual([second.id]);
  });

  it('ends one by its time without being told', async () => {
    const hash = newHash();
    await link(hash, { lifeMs: 300 });
    await grant('bob', { lifeMs: 300 });
    expect(await shares.findByToken(hash)).toBeDefined();
    await eventually(async () => {
      expect([await shares.findByToken(hash), await shares.findGrant(id, 'bob')]).toEqual([undefined, undefined]);
    });
    expect(await shares.list(id)).toEqual([]);
  });

  it('ends one that is revoked at once, twice if need be, and none of another session', async () => {
    const other = await insertSession();
    const hash = newHash();
    const { id: shareId } = await link(hash);
    expect(await shares.findByToken(hash)).toBeDefined();
    expect(await shares.revoke(other, shareId)).toBe(false);
    expect(await shares.revoke(id, 'shr_nothing')).toBe(false);
    expect(await shares.findByToken(hash)).toBeDefined();
    expect(await shares.revoke(id, shareId)).toBe(true);
    expect(await shares.findByToken(hash)).toBeUndefined();
    expect(await shares.revoke(id, shareId)).toBe(true);
    expect(await shares.list(id)).toEqual([]);
  });

  it('tells those who listen of each change, and another replica when that hears of it', async () => {
    const elsewhere = new SessionShares(database.dataSource);
    const heard: (SessionId | undefined)[] = [];
    const leave = shares.subscribe((sessionId) => heard.push(sessionId));
    const { id: shareId } = await grant('bob');
    expect(await elsewhere.findGrant(id, 'bob')).toBeDefined();
    await shares.revoke(id, shareId);
    elsewhere.invalidate(id);
    expect(await elsewhere.findGrant(id, 'bob')).toBeUndefined();
    shares.invalidate(undefined);
    expect(heard).toEqual([id, id, undefined]);
    leave();
    await grant('carl');
    expect(heard).toHaveLength(3);
  });

  it('ends with its session, however that is deleted', async () => {
    const hash = newHash();
    await link(hash);
    await sessions.markDeleted(id);
    shares.invalidate(id);
    expect(await shares.findByToken(hash)).toBeUndefined();
    await expect(grant('bob')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await rowCount()).toBe(1);
    await database.dataSource.query('DELETE FROM sessions WHERE id = $1', [id]);
    expect(await rowCount()).toBe(0);
  });

  it('keeps to the limit under concurrent requests; an existing grant can still be changed', async () => {
    await grant('bob');
    const asked = await Promise.allSettled(
      Array.from({ length: LIMITS.sharesMaxPerSession + 5 }, () => link(newHash())),
    );
    const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(6);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'TOO_MANY_SHARES' });
    await expect(grant('carl')).rejects.toMatchObject({ code: 'TOO_MANY_SHARES' });
    expect(await grant('bob', { role: 'control' })).toMatchObject({ role: 'control' });
    expect(await shares.list(id)).toHaveLength(LIMITS.sharesMaxPerSession);
  });

  it.each<[string, Partial<NewShare>]>([
    ['a label that is too long', { label: 'x'.repeat(LIMITS.shareLabelMaxLength + 1) }],
    ['a label of two lines', { label: 'a\nb' }],
    ['a life of nothing', { lifeMs: 0 }],
    ['a life that is too long', { lifeMs: LIMITS.shareLifeMaxMs + 1 }],
    ['a life of no length', { lifeMs: Number.NaN }],
    ['the owner himself', { holder: { userId: OWNER } }],
  ])('refuses %s', async (_, more) => {
    await expect(grant('bob', more)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await rowCount()).toBe(0);
  });

  describe('that have ended', () => {
    const end = async (shareId: string, days: number, column: string): Promise<void> => {
      await database.dataSource.query(
        `UPDATE session_shares SET ${column} = now() - $2 * interval '1 day' WHERE id = $1`,
        [shareId, days],
      );
    };

    it('are dropped a week later', async () => {
      const repository = new SessionShareRepository(database.dataSource);
      const made: string[] = [];
      for (const userId of ['a', 'b', 'c', 'd', 'e']) made.push((await grant(userId)).id);
      await end(made[0] ?? '', 6.9, 'revoked_at');
      await end(made[1] ?? '', 7.1, 'revoked_at');
      await end(made[2] ?? '', 6.9, 'expires_at');
      await end(made[3] ?? '', 7.1, 'expires_at');
      await repository.sweep();
      const left = await database.dataSource.query<{ grantee_user_id: string }[]>(
        'SELECT grantee_user_id FROM session_shares ORDER BY 1',
      );
      expect(left.map((row) => row.grantee_user_id)).toEqual(['a', 'c', 'e']);
    });

    it('make room when there are too many', async () => {
      await database.dataSource.query(
        `INSERT INTO session_shares (id, session_id, created_by, role, grantee_user_id, label, expires_at)
           SELECT 'shr_' || lpad(n::text, 26, '0'), $1, 'x', 'view', 'u' || n, '', now() - interval '1 min'
             FROM generate_series(1, 300) n`,
        [id],
      );
      await grant('bob');
      expect(await rowCount()).toBe(LIMITS.sharesEndedMaxPerSession + 1);
    });
  });
});
