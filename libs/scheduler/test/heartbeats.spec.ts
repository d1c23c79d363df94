import { WolfInstanceRegistry } from '../src/index.js';
import { addOnlineHost, letTimePass } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL. */
describe('heartbeats', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
  });
  beforeEach(() => database.clear());
  afterAll(() => database.close());

  it('take over what they say and leave the rest', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4, gpuVendor: 'amd' });
    const beat = {
      sway_version: '1a2b3c',
      helix_version: '2.4',
      max_sandboxes: 7,
      gpus: [{ name: 'A', memory_mb: 24_576, encoder_sessions: 8 }],
      labels: { region: 'of the host' },
      container_usage: [{ container_id: 'abc', container_name: 'x', size_bytes: 5 }],
      disk_usage: [{ mount_point: '/var', total_bytes: 100, used_bytes: 96, avail_bytes: 4, used_percent: 96 }],
    };
    const told = {
      swayVersion: '1a2b3c',
      helixVersion: '2.4',
      maxSandboxes: 7,
      gpuVendor: 'amd',
      gpus: [{ name: 'A', memoryMb: 24_576, encoderSessions: 8 }],
      labels: {},
      containers: [{ name: 'x', sizeBytes: 5 }],
      diskAlertLevel: 'critical',
      diskUsage: [{ mount_point: '/var', used_percent: 96, alert_level: 'critical' }],
      status: 'degraded',
    };
    expect(await registry.heartbeat('a', beat)).toBe(true);
    expect(await registry.find('a')).toMatchObject(told);
    expect(await registry.heartbeat('a', undefined)).toBe(true);
    expect(await registry.find('a')).toMatchObject(told);
  });

  it('change nothing when they are malformed, not even when the host was last heard of', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
    await letTimePass(database.dataSource, 'a', 91_000);
    const before = await registry.find('a');
    await expect(registry.heartbeat('a', { helix_version: '9', max_sandboxes: 'many' })).rejects.toMatchObject({
      code: 'INVALID_HEARTBEAT',
      retryable: false,
      message: expect.stringContaining('max_sandboxes') as string,
    });
    const after = await registry.find('a');
    expect([after?.lastSeenAt, after?.helixVersion, after?.status]).toEqual([before?.lastSeenAt, '', 'offline']);
  });

  it('of an unknown host are told apart and make none', async () => {
    expect(await registry.heartbeat('nobody', {})).toBe(false);
    expect(await registry.heartbeat('no/body\0', {})).toBe(false);
    expect(await registry.list()).toEqual([]);
  });

  it('that tell nothing new write no status again', async () => {
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
    const disk_usage = [{ mount_point: '/', total_bytes: 100, used_bytes: 85 }];
    await registry.heartbeat('a', { disk_usage });
    const settled = (await registry.find('a'))?.settledVersion;
    await registry.heartbeat('a', { disk_usage, sway_version: 'v2' });
    const after = await registry.find('a');
    expect([after?.factsVersion, after?.settledVersion, after?.swayVersion]).toEqual([settled, settled, 'v2']);
  });
});
