import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, ROOT } from '../../../test/architecture/source-files.js';
import { hasEnded, SESSION_STATES, type SessionState } from '../src/session/session-state.js';
import { SessionWriter } from '../src/session/session-writer.js';
import { IllegalTransitionError, SessionLease } from '../src/session/session-lease.js';
import { DRIVER_TRANSITIONS, TRANSITION_NAMES, transitionOf, type TransitionName } from '../src/session/transitions.js';
import { createSessionId, SessionRepository, type DesiredState, type SessionId } from '../src/index.js';
import { openSessionDatabase, type SessionDatabase } from './support/session-database.js';

const REASON = { code: 'X', message: 'y' };
const LATER = new Date('2030-01-01T00:00:00Z');
/** One of everything that a transition may take. */
const GIVEN = {
  reason: REASON,
  queuePosition: 3,
  queueDeadlineAt: LATER,
  wolfInstanceId: 'gpu-2',
  startAttempts: 2,
  life: 7,
  lobbyId: 'lobby-2',
  leaseHolder: 'holder',
  leaseExpiresAt: LATER,
  name: 'named',
  hostLostDeadlineAt: LATER,
};

describe('the transitions of a session', () => {
  let database: SessionDatabase;
  let repository: SessionRepository;
  let writer: SessionWriter;
  beforeAll(async () => {
    database = await openSessionDatabase();
    repository = new SessionRepository(database.dataSource);
    writer = new SessionWriter(database.dataSource);
  });
  afterEach(() => database.clear());
  afterAll(() => database.close());

  async function sessionIn(state: SessionState, desired: DesiredState): Promise<SessionId> {
    const id = createSessionId();
    await repository.insert({
      id,
      ownerId: 'usr_ann',
      name: 'one',
      lobbyPin: '0419',
      display: { width: 1920, height: 1080, refreshHz: 60 },
      environment: [],
      gpuVendor: null,
      image: null,
      labels: {},
      idleLimitMs: null,
    });
    await database.dataSource.query(
      `UPDATE sessions SET state = $2, desired = $3, wolf_instance_id = 'gpu-1', lobby_id = 'lobby', reason = '{"code":"OLD"}',
         queue_position = 1, queue_deadline_at = now(), host_lost_at = now(), host_lost_deadline_at = now(), start_attempts = 1
       WHERE id = $1`,
      [id, state, desired],
    );
    return id;
  }

  function targetOf(name: TransitionName, from: SessionState, desired: DesiredState): SessionState {
    const { to } = transitionOf(name);
    if (to === 'same') return from;
    if (typeof to === 'string') return to;
    return desired === 'running' ? to.ifWanted : to.otherwise;
  }

  const cells = TRANSITION_NAMES.flatMap((name) =>
    (['running', 'stopped'] as const).map((desired) => [name, desired] as const),
  );

  it.each(cells)('%s changes rows in the states of the table and no others, wanted %s', async (name, desired) => {
    const { from, takes, sets, isUnseen } = transitionOf(name);
    const change = writer.changeOne.bind(writer) as (...all: unknown[]) => ReturnType<SessionWriter['changeOne']>;
    for (const state of SESSION_STATES) {
      const id = await sessionIn(state, desired);
      const before = await repository.find(id);
      const after = await change(name, { where: 'id = :id', parameters: { id } }, GIVEN);
      const stored = await repository.find(id);
      if (!from.includes(state)) {
        expect([after, stored]).toEqual([undefined, before]);
        continue;
      }
      expect(after).toEqual(stored);
      expect(stored?.state).toBe(targetOf(name, state, desired));
      expect(stored?.version).toBe((before?.version ?? 0) + (isUnseen === true ? 0 : 1));
      for (const column of takes) expect(stored?.[column]).toEqual(GIVEN[column as keyof typeof GIVEN]);
      for (const [column, sql] of Object.entries(sets)) {
        if (sql === 'NULL') expect(stored?.[column as 'reason']).toBeNull();
      }
      const touched = new Set<string>([...takes, ...Object.keys(sets), 'state', 'version', 'updatedAt']);
      const untouched = Object.entries(before ?? {}).filter(([column]) => !touched.has(column));
      expect(stored).toMatchObject(Object.fromEntries(untouched));
    }
  });

  it('are the only statements that change sessions', () => {
    const writers = ['libs', 'apps']
      .flatMap((folder) => filesUnder(folder))
      .filter((file) => /\/src\/.*(?<!\.spec)\.(?:ts|sql)$/.test(file) && !file.includes('/migrations/'))
      .filter((file) => /UPDATE sessions\b|\.update\(SessionEntity/i.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(writers).toEqual(['libs/external-agent/src/session/session-writer.ts']);
  });

  it('take and set different columns', () => {
    for (const name of TRANSITION_NAMES) {
      const { takes, sets } = transitionOf(name);
      expect(takes.filter((column) => column in sets)).toEqual([]);
    }
  });

  it('reach every state from the first, and leave every state', () => {
    const edges = TRANSITION_NAMES.flatMap((name) =>
      transitionOf(name).from.flatMap((from) =>
        (['running', 'stopped'] as const).map((desired) => [from, targetOf(name, from, desired)] as const),
      ),
    );
    const reached = new Set<SessionState>(['queued']);
    for (const state of reached) for (const [from, to] of edges) if (from === state) reached.add(to);
    expect([...reached].sort()).toEqual([...SESSION_STATES].sort());
    for (const state of SESSION_STATES) expect(edges.some(([from, to]) => from === state && to !== state)).toBe(true);
  });

  it('begin a new life whenever an ended or running session is queued', () => {
    for (const name of TRANSITION_NAMES) {
      const { from, to, sets } = transitionOf(name);
      const leadsToQueue = to === 'queued' || (typeof to === 'object' && to.ifWanted === 'queued');
      const hadDesktop = from.some((state) => hasEnded(state) || state === 'running' || state === 'stopping');
      if (leadsToQueue && hadDesktop) expect(sets.life).toContain('generation + 1');
    }
  });

  it('that a driver makes from a wrong state fail without a write', async () => {
    const id = await sessionIn('running', 'running');
    const claimed = await SessionLease.claim(repository, id, 'holder', () => undefined);
    const before = await repository.find(id);
    await expect(claimed?.lease.change('place')).rejects.toThrow(IllegalTransitionError);
    await expect(claimed?.lease.change('run', { lobbyId: 'other' })).rejects.toThrow('run of');
    expect(await repository.find(id)).toEqual(before);
    expect(await claimed?.lease.change('beginStop', { reason: null })).toMatchObject({ state: 'stopping' });
    await claimed?.lease.release();
  });

  it('of a driver are the only ones that a lease makes', () => {
    expect(Object.keys(DRIVER_TRANSITIONS)).toContain('run');
    // @ts-expect-error an owner's command is not a driver's
    expect((lease: SessionLease) => lease.change('requestStop')).toBeDefined();
    // @ts-expect-error a column that the transition does not take
    expect((lease: SessionLease) => lease.change('run', { lobbyId: 'x', state: 'failed' })).toBeDefined();
    // @ts-expect-error a column that it takes is missing
    expect((lease: SessionLease) => lease.change('assign', { wolfInstanceId: 'gpu-1' })).toBeDefined();
  });
});
