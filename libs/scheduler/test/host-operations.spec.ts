import { FleetEvents, HostOperations, PlacementService, WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

const ALICE = { actor: 'alice', remoteAddress: '10.1.1.1' };
const BOB = { actor: 'bob', remoteAddress: '10.1.1.2' };

/** Real: PostgreSQL. */
describe('HostOperations', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let operations: HostOperations;
  let placements: PlacementService;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource, { maxSandboxesDefault: 5 });
    operations = new HostOperations(database.dataSource, { maxSandboxesDefault: 5 });
    placements = new PlacementService(database.dataSource);
  });
  beforeEach(async () => {
    await database.clear();
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 2 });
  });
  afterAll(() => database.close());

  /** What operators did, oldest first. */
  async function acts(): Promise<readonly object[]> {
    const events = await new FleetEvents(database.dataSource).list({ wolfInstanceId: 'a', limit: 100 });
    return events
      .filter(({ kind }) => kind === 'operator')
      .toReversed()
      .map(({ message, actor, remoteAddress, details }) => ({ message, actor, remoteAddress, details }));
  }

  it('takes a host out of rotation and back, once for each time that it is asked', async () => {
    const cordoned = await operations.cordon('a', ALICE, 'new disks');
    expect(cordoned).toMatchObject({
      status: 'cordoned',
      cordonedBy: 'alice',
      cordonReason: 'new disks',
      conditions: [{ type: 'Cordoned', effect: 'blocks', message: 'cordoned by alice: new disks' }],
      capacity: { rank: null },
    });
    expect(await placements.place({ sessionId: 's' })).toMatchObject({
      reason: 'none-in-rotation',
      decision: { hosts: [{ why: expect.stringMatching(/^cordoned by alice: new disks, since 20/) as string }] },
    });
    expect(await operations.cordon('a', BOB)).toMatchObject({ cordonedBy: 'alice', cordonedAt: cordoned?.cordonedAt });
    expect(await operations.cordon('a', BOB, 'new disks')).toMatchObject({ cordonedBy: 'alice' });

    expect(await operations.uncordon('a', BOB)).toMatchObject({ status: 'online', capacity: { rank: 0 } });
    await operations.uncordon('a', BOB);
    expect(await acts()).toEqual([
      {
        message: 'cordoned by alice: new disks',
        actor: 'alice',
        remoteAddress: '10.1.1.1',
        details: {
          verb: 'cordon',
          before: { cordoned_at: null, cordoned_by: '', cordon_reason: '' },
          after: {
            cordoned_at: cordoned?.cordonedAt?.toISOString(),
            cordoned_by: 'alice',
            cordon_reason: 'new disks',
          },
        },
      },
      expect.objectContaining({ message: 'back in rotation by bob', actor: 'bob', remoteAddress: '10.1.1.2' }),
    ]);
  });

  it('takes another reason for a change, and keeps since when', async () => {
    const first = await operations.cordon('a', ALICE, 'disks');
    const second = await operations.cordon('a', BOB, 'fans');
    expect(second).toMatchObject({ cordonedAt: first?.cordonedAt, cordonedBy: 'bob' });
    expect(second?.conditions).toMatchObject([
      { message: 'cordoned by bob: fans', since: first?.conditions[0]?.since },
    ]);
    expect(await acts()).toHaveLength(2);
  });

  it('drains with a deadline; the same order sent again is the same, another deadline is not', async () => {
    const first = await operations.drain('a', ALICE, { reason: 'upgrade', deadlineMs: 600_000 });
    expect(first).toMatchObject({
      status: 'draining',
      conditions: [{ type: 'Draining', message: 'draining by alice: upgrade' }],
    });
    const { drainStartedAt, drainDeadlineAt } = first ?? {};
    expect(drainDeadlineAt?.getTime()).toBe((drainStartedAt?.getTime() ?? 0) + 600_000);
    for (const again of [{}, { reason: 'upgrade' }, { reason: 'upgrade', deadlineMs: 600_000 }]) {
      expect(await operations.drain('a', BOB, again)).toMatchObject({ drainedBy: 'alice', drainDeadlineAt });
    }
    expect(await acts()).toHaveLength(1);

    expect(await operations.drain('a', BOB, { deadlineMs: 0 })).toMatchObject({
      drainedBy: 'bob',
      drainReason: 'upgrade',
      drainStartedAt,
    });
    const [, ended] = await acts();
    expect(ended).toMatchObject({
      message: expect.stringMatching(/^drained by bob: upgrade; its sessions are stopped at 20/) as string,
      details: { before: { drain_deadline_at: drainDeadlineAt?.toISOString() } },
    });
  });

  it('stays cordoned while it drains, until both are ended together', async () => {
    await operations.cordon('a', ALICE);
    expect(await operations.drain('a', ALICE)).toMatchObject({
      status: 'draining',
      conditions: [{ type: 'Cordoned' }, { type: 'Draining' }],
    });
    expect(await operations.uncordon('a', ALICE)).toMatchObject({
      status: 'online',
      cordonedAt: null,
      drainStartedAt: null,
      conditions: [],
    });
  });

  it('edits labels and limits for placement; removed limits fall back to host and default', async () => {
    const labels = { region: 'eu', 'example.org/zone': 'Zürich 1' };
    const edited = await operations.edit('a', ALICE, {
      name: 'front',
      labels,
      maxSandboxes: 1,
      encoderSessionsMax: 3,
      videoMemoryPerSessionMb: 512,
    });
    expect(edited).toMatchObject({
      name: 'front',
      labels,
      maxSandboxes: 1,
      capacity: { labels, maxSandboxes: 1, encoderSessionsMax: 3, videoMemoryPerSessionMb: 512 },
    });
    await operations.edit('a', BOB, { labels: { 'example.org/zone': 'Zürich 1', region: 'eu' }, maxSandboxes: 1 });
    await registry.register({ id: 'a', name: 'front', address: '127.0.0.1:1', maxSandboxes: 9 });
    expect(await registry.find('a')).toMatchObject({ maxSandboxes: 1, labels });
    expect(await acts()).toMatchObject([
      {
        message: 'edited by alice: name, labels, max_sandboxes, encoder_sessions_max, video_memory_per_session_mb',
        details: { before: { labels: {}, max_sandboxes: 2 }, after: { labels, max_sandboxes: 1 } },
      },
    ]);

    const cleared = { labels: {}, maxSandboxes: null, encoderSessionsMax: null, videoMemoryPerSessionMb: null };
    expect(await operations.edit('a', ALICE, cleared)).toMatchObject({
      labels: {},
      maxSandboxes: 9,
      capacity: { maxSandboxes: 9, encoderSessionsMax: null },
    });
    await registry.markLinkConnected('b', '127.0.0.1:1');
    await operations.edit('b', ALICE, { maxSandboxes: 7 });
    expect(await operations.edit('b', ALICE, { maxSandboxes: null })).toMatchObject({ maxSandboxes: 5 });
  });

  it('refuses what cannot be, with every fault at once, and changes nothing', async () => {
    const edit = {
      name: '',
      labels: { Region: 'eu', ok: 'x'.repeat(64), 'x-': '', constructor: '\n' },
      maxSandboxes: -1,
      encoderSessionsMax: 1.5,
      videoMemoryPerSessionMb: 1e9,
    };
    const failure: unknown = await operations.edit('a', ALICE, edit).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'INVALID_INSTANCE', retryable: false });
    for (const fault of [
      'name:',
      '"Region"',
      '"ok"',
      '"x-"',
      '"constructor"',
      'max_sandboxes:',
      'encoder_sessions_max:',
      'video_memory_per_session_mb:',
    ]) {
      expect(String(failure)).toContain(fault);
    }
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`l${String(index)}`, '']));
    const refused = { code: 'INVALID_INSTANCE' };
    await expect(operations.edit('a', ALICE, { labels: many })).rejects.toMatchObject(refused);
    await expect(operations.cordon('a', ALICE, 'two\nlines')).rejects.toMatchObject(refused);
    await expect(operations.cordon('a', ALICE, 'x'.repeat(201))).rejects.toMatchObject(refused);
    const badDrain = operations.drain('a', ALICE, { reason: '\0', deadlineMs: -1 });
    await expect(badDrain).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/reason.*; deadline/) as string,
    });
    expect(await acts()).toEqual([]);
    expect(await registry.find('a')).toMatchObject({ status: 'online', labels: {} });
  });

  it('knows nothing of hosts that are not there', async () => {
    for (const id of ['nowhere', '../a', 'a\0']) {
      expect(await operations.cordon(id, ALICE)).toBeUndefined();
      expect(await operations.uncordon(id, ALICE)).toBeUndefined();
      expect(await operations.drain(id, ALICE)).toBeUndefined();
      expect(await operations.edit(id, ALICE, { maxSandboxes: 1 })).toBeUndefined();
      expect(await operations.remove(id, ALICE)).toBe(false);
    }
    expect(await acts()).toEqual([]);
  });

  it('removes a host, with its sessions when it is forced, and remembers who did it', async () => {
    await placements.place({ sessionId: 's1' });
    await placements.place({ sessionId: 's2' });
    await expect(operations.remove('a', ALICE)).rejects.toMatchObject({
      code: 'INSTANCE_IN_USE',
      message: expect.stringContaining('carries 2 sessions') as string,
    });
    expect(await registry.find('a')).toMatchObject({
      status: 'online',
      connectedSandboxCount: 2,
      capacity: { rank: 0 },
    });
    // One who waits gets no slot of a host that is on its way out.
    await placements.place({ sessionId: 's3', queueMs: 60_000 });
    expect(await operations.remove('a', ALICE, { force: true })).toBe(true);
    expect(await operations.remove('a', ALICE, { force: true })).toBe(false);
    expect(await placements.find('s1')).toBeUndefined();
    expect(await placements.find('s3')).toBeUndefined();
    expect(await acts()).toEqual([
      {
        message: 'removed by alice with 2 sessions',
        actor: 'alice',
        remoteAddress: '10.1.1.1',
        details: { verb: 'remove', force: true, sessions: 2 },
      },
    ]);
    expect(await registry.markLinkConnected('a', '127.0.0.1:1')).toMatchObject({ status: 'online' });
  });

  it('comes through a crowd of placements, operators and heartbeats on one host', async () => {
    await operations.edit('a', ALICE, { maxSandboxes: 50 });
    const turns = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all([
      ...turns.map((index) => placements.place({ sessionId: `s${String(index)}` })),
      ...turns.slice(0, 10).map((index) => operations.edit('a', ALICE, { maxSandboxes: 60 + index })),
      ...turns.slice(0, 10).map((index) => registry.heartbeat('a', { sway_version: `v${String(index)}` })),
      ...turns.slice(0, 5).map(() => operations.drain('a', BOB)),
    ]);
    expect(await operations.uncordon('a', BOB)).toMatchObject({ status: 'online', capacity: { rank: 0 } });
    const placed = await placements.listByInstance('a');
    expect(await registry.find('a')).toMatchObject({ connectedSandboxCount: placed.length });
    const drains = (await acts()).filter((act) => 'message' in act && act.message === 'drained by bob');
    expect(drains).toHaveLength(1);
  });
});
