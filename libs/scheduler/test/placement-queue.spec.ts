import pg from 'pg';

import { eventually } from '@helix/pacing/testing';
import { PlacementService, WolfInstanceRegistry, type Placement, type Queued, type Refusal } from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

const MINUTE_MS = 60_000;

/** Real: PostgreSQL, and another replica's connections. */
describe('the queue for a slot', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let here: PlacementService;
  let elsewhere: PlacementService;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    here = new PlacementService(database.dataSource);
    elsewhere = new PlacementService(await database.connect());
  });
  beforeEach(async () => {
    await database.clear();
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 1, gpuVendor: 'nvidia' });
    await here.place({ sessionId: 'ses_0' });
  });
  afterAll(() => database.close());

  function queue(
    sessionId: string,
    more: { gpuVendor?: string; queueMs?: number } = {},
    service = here,
  ): Promise<Placement | Refusal | Queued> {
    return service.place({ sessionId, queueMs: MINUTE_MS, ...more });
  }

  async function hostOf(sessionId: string): Promise<string | undefined> {
    return (await here.find(sessionId))?.wolfInstanceId;
  }

  it('says where a session stands in it, how long it may wait, and what for', async () => {
    expect(await queue('ses_1')).toMatchObject({ queued: true, position: 1 });
    const second = await queue('ses_2', {}, elsewhere);
    expect(second).toMatchObject({
      position: 2,
      message:
        'waits for a slot: GPU resource limit reached: every suitable host is full (of 1 host: 1 with all slots taken)',
      decision: { outcome: 'queued', hosts: [{ id: 'a', why: 'slots 1/1' }] },
    });
    const leftMs = 'queued' in second ? second.deadlineAt.getTime() - Date.now() : 0;
    expect(leftMs).toBeGreaterThan(MINUTE_MS / 2);
    expect(leftMs).toBeLessThanOrEqual(MINUTE_MS);
    // Asked again, it keeps its place and its deadline.
    expect(await queue('ses_1')).toMatchObject({ position: 1 });
    expect(await here.decisionOf('ses_2')).toMatchObject({ outcome: 'queued' });
  });

  it('a released slot goes to the first in the queue, at any replica, and is announced', async () => {
    const listener = new pg.Client({ connectionString: database.url });
    const heard: (string | undefined)[] = [];
    await listener.connect();
    try {
      listener.on('notification', ({ payload }) => heard.push(payload));
      await listener.query('LISTEN helix_placements');
      await queue('ses_1', {}, elsewhere);
      await queue('ses_2');
      await here.release('ses_0');
      expect([await hostOf('ses_1'), await hostOf('ses_2')]).toEqual(['a', undefined]);
      await eventually(() => {
        expect(heard).toEqual(['ses_1']);
      });
      expect(await elsewhere.place({ sessionId: 'ses_1' })).toMatchObject({ wolfInstanceId: 'a', state: 'reserved' });
      expect(await here.decisionOf('ses_1')).toMatchObject({ outcome: 'placed', chosen: { id: 'a' } });
    } finally {
      await listener.end();
    }
  });

  it('a new placement never overtakes the queue', async () => {
    await queue('ses_1');
    const [, late] = await Promise.all([here.release('ses_0'), here.place({ sessionId: 'ses_late' })]);
    expect(late).toMatchObject({ refused: true, reason: 'all-full' });
    expect(await hostOf('ses_1')).toBe('a');
  });

  it('does not make those wait whom another host suits, for the first whom none does', async () => {
    await queue('ses_1', { gpuVendor: 'nvidia' });
    await queue('ses_2');
    await addOnlineHost(registry, { id: 'b', maxSandboxes: 1, gpuVendor: 'amd' });
    await here.serveQueue();
    expect([await hostOf('ses_1'), await hostOf('ses_2')]).toEqual([undefined, 'b']);
  });

  it('ends with its deadline, and says that it waited in vain', async () => {
    await queue('ses_1');
    await database.dataSource.query('UPDATE placement_queue SET deadline_at = now()');
    await here.release('ses_0');
    expect(await hostOf('ses_1')).toBeUndefined();
    await here.place({ sessionId: 'ses_0' });
    expect(await queue('ses_1')).toMatchObject({ refused: true, reason: 'queue-timeout' });
    // It may ask again.
    expect(await queue('ses_1')).toMatchObject({ position: 1 });
  });

  it('is left by a session that is released', async () => {
    await queue('ses_1');
    expect(await here.release('ses_1')).toBe(false);
    await here.release('ses_0');
    expect(await hostOf('ses_1')).toBeUndefined();
  });

  it('has an end: one more is refused', async () => {
    await database.dataSource.query(
      `INSERT INTO placement_queue (session_id, request, deadline_at)
       SELECT 'ses_q' || n, '{"gpuVendor":"amd"}', now() + interval '1 minute' FROM generate_series(1, 1000) n`,
    );
    expect(await queue('ses_1')).toMatchObject({ refused: true, reason: 'queue-full' });
  });
});
