import { FleetEvents } from '@helix/scheduler';
import { HttpWolfClient, localSocketDial } from '@helix/wolf-client';
import { exampleLobby } from '@helix/wolf-client/testing';
import { eventually } from '@helix/pacing/testing';
import { createSessionId } from '../src/index.js';
import { makeLobbyOf } from './support/make-lobby-of.js';
import { ProbedFleet } from './support/probed-fleet.js';
import { openSessionDatabase, type SessionDatabase } from './support/session-database.js';

/** Real: PostgreSQL, links, and requests through them to simulated Wolfs. */
describe('probing hosts', () => {
  let database: SessionDatabase;
  let fleet: ProbedFleet;

  beforeAll(async () => {
    database = await openSessionDatabase();
  });
  beforeEach(async () => {
    fleet = await ProbedFleet.open(database.dataSource);
  });
  afterEach(async () => {
    await fleet.close();
    await database.clear();
  });
  afterAll(() => database.close());

  const expectConditions = (id: string, ...expected: readonly string[]): Promise<void> =>
    eventually(async () => {
      expect(await fleet.conditionsOf(id)).toEqual(expected);
    });
  const healthy = (id: string): Promise<void> =>
    eventually(async () => {
      expect(await fleet.host(id)).toMatchObject({ status: 'online', wolfHealth: 'healthy', gpuMonitoring: 'ok' });
    });

  it('takes a host with a silent Wolf out of rotation and brings it back', async () => {
    const wolf = await fleet.addHost('a');
    await healthy('a');
    wolf.faults.answer = { kind: 'silent' };
    await expectConditions('a', 'CanaryFailing');
    expect(await fleet.host('a')).toMatchObject({
      status: 'degraded',
      linkConnected: true,
      canaryFailure: 'no answer within 0.5 s',
    });
    expect(await fleet.place('ses_1')).toBe('none-in-rotation');
    wolf.faults.answer = undefined;
    await expectConditions('a');
    expect(await fleet.place('ses_1')).toBe('a');
    const events = await new FleetEvents(database.dataSource).list({ wolfInstanceId: 'a', limit: 20 });
    expect(events.flatMap(({ kind, details }) => (kind === 'status' ? [details['to']] : []))).toEqual(
      expect.arrayContaining(['degraded', 'online']),
    );
  });

  it('tells apart a Wolf that is down, one that answers garbage, and a lost GPU', async () => {
    const wolf = await fleet.addHost('a');
    await healthy('a');
    await wolf.crash();
    await expectConditions('a', 'CanaryFailing');
    expect((await fleet.host('a')).canaryFailure).toMatch(/^its Wolf (is not reached|ends connections)/);
    wolf.faults.answer = { kind: 'cut' };
    await wolf.start();
    await eventually(async () => {
      expect((await fleet.host('a')).canaryFailure).toBe('its Wolf answers nothing that can be read');
    });
    wolf.faults.answer = undefined;
    await expectConditions('a');
  });

  it('keeps a host whose health answer is unreadable while other calls are answered', async () => {
    const wolf = await fleet.addHost('a');
    await healthy('a');
    wolf.faults.answer = { kind: 'wrong-shape', path: '/api/v1/system/health' };
    await eventually(async () => {
      expect(await fleet.host('a')).toMatchObject({ status: 'online', wolfHealth: '' });
    });
  });

  it('lets a Wolf without such endpoints be', async () => {
    const wolf = await fleet.addHost('old', 4, { era: 'u24' });
    await eventually(() => {
      expect(wolf.requestCount).toBeGreaterThanOrEqual(3);
    });
    expect(await fleet.host('old')).toMatchObject({ status: 'online', wolfHealth: '', gpuMonitoring: '' });
  });

  it('forgets what it found of a path when its link goes', async () => {
    const wolf = await fleet.addHost('a');
    wolf.faults.answer = { kind: 'silent' };
    await expectConditions('a', 'CanaryFailing');
    await fleet.disconnect('a');
    await expectConditions('a', 'LinkDown', 'CanaryFailing');
    wolf.faults.answer = undefined;
    await fleet.connect('a');
    await healthy('a');
  });

  it('places on hosts with stuck threads or lost monitoring only when others are full', async () => {
    const stuck = await fleet.addHost('a-stuck', 4);
    const lost = await fleet.addHost('b-lost', 4);
    await fleet.addHost('well', 1);
    await Promise.all(['a-stuck', 'b-lost', 'well'].map(healthy));
    stuck.faults.stuckThreadCount = 3;
    lost.faults.gpuStats = 'all-zero';
    await expectConditions('a-stuck', 'WolfStuck');
    await expectConditions('b-lost', 'GpuMonitoringLost');
    expect(await fleet.host('a-stuck')).toMatchObject({ stuckThreadCount: 3, placementRank: 1 });
    expect((await fleet.host('b-lost')).capacity).toMatchObject({ encoderSessions: null, videoMemoryTotalMb: null });
    expect(await fleet.place('ses_1')).toBe('well');
    expect([await fleet.place('ses_2'), await fleet.place('ses_3')].sort()).toEqual(['a-stuck', 'b-lost']);
    stuck.faults.stuckThreadCount = 0;
    lost.faults.gpuStats = 'normal';
    await Promise.all(['a-stuck', 'b-lost'].map(healthy));
  });

  it('places nothing where no pipelines can be made', async () => {
    const wolf = await fleet.addHost('a');
    wolf.faults.canCreatePipelines = false;
    await expectConditions('a', 'WolfCritical');
    expect(await fleet.place('ses_1')).toBe('none-in-rotation');
    wolf.faults.canCreatePipelines = true;
    await expectConditions('a');
    expect(await fleet.place('ses_1')).toBe('a');
  });

  it('measures what the GPU carries, and knows the card by it', async () => {
    const wolf = await fleet.addHost('a', 10);
    Object.assign(wolf.faults, { encoderSessionCount: 8, videoMemoryUsedMb: 15_000, videoMemoryTotalMb: 16_380 });
    await eventually(async () => {
      expect((await fleet.host('a')).capacity).toMatchObject({
        encoderSessions: 8,
        videoMemoryUsedMb: 15_000,
        videoMemoryTotalMb: 16_380,
      });
    });
    await eventually(async () => {
      expect((await fleet.host('a')).gpus).toEqual([
        { name: wolf.faults.gpuName, memoryMb: expect.any(Number) as number },
      ]);
    });
    expect(await fleet.place('ses_1')).toBe('all-full');
    wolf.faults.gpuStats = 'amd';
    await eventually(async () => {
      expect((await fleet.host('a')).capacity).toMatchObject({ encoderSessions: null, videoMemoryTotalMb: 16_380 });
    });
  });

  it('asks a Wolf that chokes on the question for its GPU no more', async () => {
    const wolf = await fleet.addHost('a', 4, { faults: { gpuStats: 'throws' } });
    const healthPath = '/api/v1/system/health';
    await eventually(() => {
      expect(wolf.uncaughtExceptionCount).toBe(1);
    });
    const before = wolf.requestCountOf(healthPath);
    await eventually(() => {
      expect(wolf.requestCountOf(healthPath)).toBeGreaterThan(before + 3);
    });
    expect([wolf.uncaughtExceptionCount, wolf.requestCountOf('/api/v1/system/memory')]).toEqual([1, 1]);
    expect(await fleet.host('a')).toMatchObject({ status: 'online', gpuMonitoring: '' });
  });

  it('counts foreign lobbies, also of sessions without a slot, and frees slots as they go', async () => {
    const wolf = await fleet.addHost('a', 4);
    const client = new HttpWolfClient(localSocketDial(wolf.socketPath));
    const expectForeign = (count: number): Promise<void> =>
      eventually(async () => {
        expect((await fleet.host('a')).capacity.foreignLobbies).toBe(count);
      });
    const foreign = await client.createLobby(exampleLobby({ name: 'by hand' }));
    await expectForeign(1);
    const held = createSessionId();
    await fleet.place(held);
    await fleet.placements.confirm(held);
    await makeLobbyOf(wolf, held, '0419');
    await makeLobbyOf(wolf, createSessionId(), '0419');
    await expectForeign(2);
    expect(await fleet.host('a')).toMatchObject({ connectedSandboxCount: 1 });
    await fleet.placements.release(held);
    await expectForeign(3);
    await client.stopLobby({ lobbyId: foreign });
    await expectForeign(2);
  });

  it('sets counters right that have drifted, and tells it', async () => {
    await fleet.addHost('a', 4);
    await database.dataSource.query('UPDATE wolf_capacities SET confirmed = 3');
    await eventually(async () => {
      expect(await fleet.host('a')).toMatchObject({ connectedSandboxCount: 0 });
    });
    await eventually(() => {
      expect(fleet.logger.countOf('capacity drift of a host was repaired')).toBe(1);
    });
    const events = await new FleetEvents(database.dataSource).list({ wolfInstanceId: 'a', limit: 20 });
    expect(events).toContainEqual(expect.objectContaining({ kind: 'capacity-drift' }));
  });

  it('ends with nothing under way, however silent the hosts are', async () => {
    const wolf = await fleet.addHost('a', 4, { faults: { answer: { kind: 'silent' } } });
    await eventually(() => {
      expect(wolf.requestCount).toBeGreaterThan(1);
    });
    await fleet.prober.close();
    const after = wolf.requestCountOf('/api/v1/system/health');
    await fleet.prober.close();
    expect(wolf.requestCountOf('/api/v1/system/health')).toBe(after);
    expect(fleet.logger.lines).toEqual([]);
  });
});
