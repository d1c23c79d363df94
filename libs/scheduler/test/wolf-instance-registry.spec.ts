import { FleetTotals, PlacementService, StatusSweeper, WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost, letTimePass } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL. */
describe('WolfInstanceRegistry', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let placements: PlacementService;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    placements = new PlacementService(database.dataSource);
  });
  beforeEach(() => database.clear());
  afterAll(() => database.close());

  describe('registering', () => {
    it('keeps the id that the caller gives, and updates that host when it registers again', async () => {
      const first = await registry.register({ id: 'gpu-1', name: 'one', address: '10.0.0.1:1', maxSandboxes: 4 });
      expect(first).toMatchObject({
        id: 'gpu-1',
        name: 'one',
        maxSandboxes: 4,
        status: 'offline',
        connectedSandboxCount: 0,
      });

      const second = await registry.register({
        id: 'gpu-1',
        name: 'uno',
        address: '10.0.0.2:1',
        gpuVendor: 'NVIDIA',
        swayVersion: 'v2',
      });
      expect(second).toMatchObject({
        name: 'uno',
        address: '10.0.0.2:1',
        maxSandboxes: 4,
        gpuVendor: 'nvidia',
        swayVersion: 'v2',
      });
      expect(second.createdAt).toEqual(first.createdAt);
      expect(await registry.list()).toHaveLength(1);
    });

    it('gives the same name and address the same id, others another', async () => {
      const [a, b, c] = await Promise.all([
        registry.register({ name: 'gpu', address: '10.0.0.1:1' }),
        registry.register({ name: 'gpu', address: '10.0.0.1:1' }),
        registry.register({ name: 'gpu', address: '10.0.0.2:1' }),
      ]);
      expect(a.id).toBe(b.id);
      expect(c.id).not.toBe(a.id);
      expect(await registry.list()).toHaveLength(2);
    });

    it.each([
      ['an empty name', { name: '', address: 'a:1' }],
      ['an empty address', { name: 'a', address: '' }],
      ['an id with a slash', { id: 'a/b', name: 'a', address: 'a:1' }],
      ['an id that is too long', { id: 'x'.repeat(129), name: 'a', address: 'a:1' }],
      ['a name that PostgreSQL cannot hold', { name: 'a\0', address: 'a:1' }],
      ['fewer than no slots', { name: 'a', address: 'a:1', maxSandboxes: -1 }],
      ['half a slot', { name: 'a', address: 'a:1', maxSandboxes: 0.5 }],
      ['more slots than any host has', { name: 'a', address: 'a:1', maxSandboxes: 10_001 }],
      ['a version that is no image tag', { name: 'a', address: 'a:1', swayVersion: 'a b' }],
      ['a render node outside of /dev/dri', { name: 'a', address: 'a:1', renderNode: '/dev/dri/../sda' }],
    ])('refuses %s', async (_what, registration) => {
      await expect(registry.register(registration)).rejects.toMatchObject({ code: 'INVALID_INSTANCE' });
      expect(await registry.list()).toEqual([]);
    });
  });

  describe('links', () => {
    it('make an unknown host known, with the slots that were configured', async () => {
      const small = new WolfInstanceRegistry(database.dataSource, { maxSandboxesDefault: 3 });
      expect(await registry.markLinkConnected('a', '192.0.2.1:5')).toMatchObject({
        id: 'a',
        name: 'Wolf a',
        address: '192.0.2.1:5',
        maxSandboxes: 20,
        status: 'online',
      });
      expect(await small.markLinkConnected('b', '192.0.2.1:6')).toMatchObject({ maxSandboxes: 3 });
    });

    it('never change what a host carries', async () => {
      await registry.markLinkConnected('a', '192.0.2.1:5');
      await placements.place({ sessionId: 'ses_1' });
      await registry.markLinkLost('a');
      expect(await registry.markLinkConnected('a', '192.0.2.1:6')).toMatchObject({
        address: '192.0.2.1:6',
        connectedSandboxCount: 1,
      });
    });

    it('leave the address and name of a host that registered', async () => {
      await registry.register({ id: 'a', name: 'rack 4', address: 'gpu4.example:1' });
      expect(await registry.markLinkConnected('a', '192.0.2.1:5')).toMatchObject({
        name: 'rack 4',
        address: 'gpu4.example:1',
        status: 'online',
      });
    });

    it('take a host offline when they are lost, at once', async () => {
      await registry.markLinkConnected('a', '192.0.2.1:5');
      expect(await registry.markLinkLost('a')).toBe(true);
      expect(await registry.markLinkLost('a')).toBe(false);
      expect(await registry.find('a')).toMatchObject({ status: 'offline' });
    });

    it('ignore the late end of a link that a newer one has replaced', async () => {
      await registry.markLinkConnected('a', '192.0.2.1:5', 'link-1');
      await registry.markLinkConnected('a', '192.0.2.1:6', 'link-2');
      expect(await registry.markLinkLost('a', 'link-1')).toBe(false);
      expect(await registry.find('a')).toMatchObject({ status: 'online', linkId: 'link-2' });
      expect(await registry.markLinkLost('a', 'link-2')).toBe(true);
    });

    it('refuse an id that cannot be one', async () => {
      await expect(registry.markLinkConnected('a b', '192.0.2.1:5')).rejects.toMatchObject({
        code: 'INVALID_INSTANCE',
      });
    });
  });

  describe('status', () => {
    it('silence → offline without a write; heard of again → online', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 1 });
      await letTimePass(database.dataSource, 'a', 89_000);
      expect(await registry.find('a')).toMatchObject({ status: 'online' });
      await letTimePass(database.dataSource, 'a', 2_000);
      expect(await registry.find('a')).toMatchObject({ status: 'offline', linkConnected: true });

      await registry.touch(['a', 'never-heard-of']);
      expect(await registry.find('a')).toMatchObject({ status: 'online' });
    });

    it('stays offline for a host that only sends heartbeats', async () => {
      await registry.register({ id: 'a', name: 'a', address: 'a:1' });
      expect(await registry.heartbeat('a', {})).toBe(true);
      expect(await registry.find('a')).toMatchObject({ status: 'offline' });
    });
  });

  describe('slots', () => {
    it('are the operator’s number, else the host’s, else the configured one, and follow that', async () => {
      const first = new WolfInstanceRegistry(database.dataSource, { maxSandboxesDefault: 3 });
      const second = new WolfInstanceRegistry(database.dataSource, { maxSandboxesDefault: 5 });
      const slots = async (): Promise<unknown> => {
        const host = await first.find('a');
        return [host?.maxSandboxes, host?.capacity.maxSandboxes];
      };
      await first.markLinkConnected('a', 'a:1');
      expect(await slots()).toEqual([3, 3]);
      await second.markLinkConnected('a', 'a:1');
      expect(await slots()).toEqual([5, 5]);
      await first.heartbeat('a', { max_sandboxes: 8 });
      expect(await slots()).toEqual([8, 8]);
      await first.markLinkConnected('a', 'a:1');
      expect(await slots()).toEqual([8, 8]);

      await database.dataSource.query(
        `UPDATE wolf_instances SET operator_max_sandboxes = 2, max_sandboxes = 2 WHERE id = 'a'`,
      );
      await first.heartbeat('a', { max_sandboxes: 9 });
      await first.register({ id: 'a', name: 'a', address: 'a:1', maxSandboxes: 10 });
      await first.markLinkConnected('a', 'a:1');
      expect(await slots()).toEqual([2, 2]);
      expect(await first.find('a')).toMatchObject({ hostMaxSandboxes: 10, operatorMaxSandboxes: 2 });
    });

    it('that are taken stay taken when the host registers again', async () => {
      await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
      await placements.place({ sessionId: 'ses_1' });
      await placements.place({ sessionId: 'ses_2' });
      await placements.confirm('ses_1');
      const taken = { connectedSandboxCount: 2, capacity: { reserved: 1, confirmed: 1 } };
      expect(await registry.register({ id: 'a', name: 'a', address: 'a:2', maxSandboxes: 6 })).toMatchObject(taken);
      expect(await registry.markLinkConnected('a', 'a:3')).toMatchObject({ ...taken, maxSandboxes: 6 });
    });
  });

  it('lists the newest host first, each with its own load', async () => {
    await addOnlineHost(registry, { id: 'old', maxSandboxes: 1 });
    await addOnlineHost(registry, { id: 'new', maxSandboxes: 4 });
    for (const sessionId of ['ses_1', 'ses_2', 'ses_3']) {
      await placements.place({ sessionId });
    }
    expect((await registry.list()).map(({ id, connectedSandboxCount }) => [id, connectedSandboxCount])).toEqual([
      ['new', 2],
      ['old', 1],
    ]);
  });

  it('counts hosts by status and their slots', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
    await placements.place({ sessionId: 'ses_1' });
    await placements.place({ sessionId: 'ses_2' });
    await placements.confirm('ses_1');
    await addOnlineHost(registry, { id: 'silent', maxSandboxes: 5 });
    await letTimePass(database.dataSource, 'silent', 91_000);
    await new StatusSweeper(database.dataSource).sweep();
    await registry.register({ id: 'unlinked', name: 'unlinked', address: 'b:1', maxSandboxes: 6 });
    const totals = new FleetTotals(database.dataSource);
    const counts = await totals.read();
    expect(await totals.read()).toBe(counts);
    expect(counts).toEqual({
      byStatus: { online: 1, degraded: 0, draining: 0, cordoned: 0, offline: 2 },
      slots: { max: 15, reserved: 1, confirmed: 1, foreign: 0, free: 2 },
    });
  });

  it('does not remove a host that carries sessions, unless forced', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
    await placements.place({ sessionId: 'ses_1' });
    await expect(registry.remove('a')).rejects.toMatchObject({ code: 'INSTANCE_IN_USE', retryable: false });
    expect(await registry.find('a')).toMatchObject({ connectedSandboxCount: 1 });

    expect(await registry.remove('a', { force: true })).toBe(true);
    expect(await registry.remove('a')).toBe(false);
    expect(await placements.find('ses_1')).toBeUndefined();
  });
});
