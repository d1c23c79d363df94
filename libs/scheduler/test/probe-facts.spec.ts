import {
  FleetEvents,
  PlacementService,
  ProbeFacts,
  SCHEDULER_LIMITS,
  StatusSweeper,
  WolfInstanceRegistry,
  type WolfInstance,
} from '../src/index.js';
import { addOnlineHost } from '../src/testing/index.js';
import { openSchedulerDatabase, type SchedulerDatabase } from './scheduler-database.js';

/** Real: PostgreSQL. */
describe('ProbeFacts', () => {
  let database: SchedulerDatabase;
  let registry: WolfInstanceRegistry;
  let facts: ProbeFacts;
  let placements: PlacementService;
  let events: FleetEvents;

  beforeAll(async () => {
    database = await openSchedulerDatabase();
    registry = new WolfInstanceRegistry(database.dataSource);
    facts = new ProbeFacts(database.dataSource);
    placements = new PlacementService(database.dataSource);
    events = new FleetEvents(database.dataSource);
  });
  beforeEach(async () => {
    await database.clear();
    await addOnlineHost(registry, { id: 'a', maxSandboxes: 4 });
  });
  afterAll(() => database.close());

  const host = async (): Promise<WolfInstance> => {
    const found = await registry.find('a');
    if (found === undefined) throw new Error('the host is not known');
    return found;
  };
  const eventsOf = async (): Promise<readonly string[]> =>
    (await events.list({ wolfInstanceId: 'a', limit: 50 })).map(({ kind, message }) => `${kind}: ${message}`);

  it('canary fails: out of rotation; canary answers: back in rotation', async () => {
    await facts.noteCanary('a', { ok: false, failure: 'no answer within 7 s' });
    const failing = await host();
    expect(failing).toMatchObject({ status: 'degraded', placementRank: null, canaryFailure: 'no answer within 7 s' });
    expect(failing.conditions).toMatchObject([
      { type: 'CanaryFailing', effect: 'blocks', message: 'requests through its link fail: no answer within 7 s' },
    ]);
    await facts.noteCanary('a', { ok: true });
    expect(await host()).toMatchObject({
      status: 'online',
      placementRank: 0,
      canaryFailingSince: null,
      conditions: [],
    });
    expect(await eventsOf()).toEqual(
      expect.arrayContaining([
        'condition: requests through its link fail: no answer within 7 s',
        'condition: over: requests through its link fail: no answer within 7 s',
      ]),
    );
  });

  it('tells that another machine claims the id, until five minutes after the last claim', async () => {
    await facts.noteOtherMachine('a', '192.0.2.7');
    const claimed = await host();
    expect(claimed).toMatchObject({
      status: 'online',
      placementRank: 0,
      conditions: [
        { type: 'TwoMachines', effect: 'note', message: 'two machines claim this id: one at 192.0.2.7 is refused' },
      ],
    });
    const claimedEarlierBy = (ms: number): Promise<unknown> =>
      database.dataSource.query(
        `UPDATE wolf_instances SET other_machine_seen_at = other_machine_seen_at - $1::float8 * interval '1 millisecond'`,
        [ms],
      );
    const sweeper = new StatusSweeper(database.dataSource);
    await claimedEarlierBy(240_000);
    await sweeper.sweep();
    await facts.noteOtherMachine('a', '192.0.2.8');
    expect((await host()).conditions).toMatchObject([{ type: 'TwoMachines', since: claimed.conditions[0]?.since }]);
    await claimedEarlierBy(SCHEDULER_LIMITS.otherMachineKeptMs + 1);
    await sweeper.sweep();
    expect((await host()).conditions).toEqual([]);
    expect((await eventsOf()).filter((event) => event.includes('two machines')).toReversed()).toEqual([
      'condition: two machines claim this id: one at 192.0.2.7 is refused',
      expect.stringMatching(/^condition: over: two machines claim this id/),
    ]);
  });

  it('keeps when a canary began to fail, with the latest reason', async () => {
    await facts.noteCanary('a', { ok: false, failure: 'no answer within 7 s' });
    const { canaryFailingSince } = await host();
    await facts.noteCanary('a', { ok: false, failure: `refused\0${'x'.repeat(500)}` });
    const { canaryFailure, conditions, ...later } = await host();
    expect(later.canaryFailingSince).toEqual(canaryFailingSince);
    expect([canaryFailure.length, canaryFailure.slice(0, 9)]).toEqual([200, 'refusedxx']);
    expect(conditions[0]?.since).toBe(canaryFailingSince?.toISOString());
  });

  it('makes a host with stuck threads the last choice, and one that cannot create pipelines none', async () => {
    await facts.noteHealth('a', { wolfHealth: 'degraded', stuckThreadCount: 3, canCreatePipelines: true });
    expect(await host()).toMatchObject({ status: 'degraded', placementRank: 1, conditions: [{ type: 'WolfStuck' }] });
    await facts.noteHealth('a', { wolfHealth: 'critical', stuckThreadCount: 3, canCreatePipelines: false });
    expect(await host()).toMatchObject({ placementRank: null, conditions: [{ type: 'WolfCritical' }] });
    await facts.noteHealth('a', { wolfHealth: '', stuckThreadCount: 0, canCreatePipelines: true });
    expect(await host()).toMatchObject({ status: 'online', wolfHealth: '' });
  });

  it('calls monitoring of a GPU lost only where it once worked', async () => {
    await facts.noteGpu('a', { monitoring: 'lost' });
    expect(await host()).toMatchObject({ status: 'online', gpuMonitoring: '' });
    await facts.noteGpu('a', { monitoring: 'ok', gpuName: 'L40S', memoryTotalMb: 46_068 });
    await facts.noteGpu('a', { monitoring: 'lost' });
    expect(await host()).toMatchObject({ status: 'degraded', placementRank: 1, gpuMonitoring: 'lost' });
    await facts.noteGpu('a', { monitoring: 'ok', gpuName: 'another', memoryTotalMb: 1 });
    expect(await host()).toMatchObject({ status: 'online', gpus: [{ name: 'L40S', memoryMb: 46_068 }] });
  });

  it('leaves the GPUs that the host tells of itself', async () => {
    await database.dataSource.query(`UPDATE wolf_instances SET gpus = '[{"name":"told"},{"name":"twice"}]'`);
    await facts.noteGpu('a', { monitoring: 'ok', gpuName: 'measured', memoryTotalMb: 1 });
    expect(await host()).toMatchObject({ gpuMonitoring: 'ok', gpus: [{ name: 'told' }, { name: 'twice' }] });
  });

  it('writes nothing when nothing is new', async () => {
    const noteAll = async (): Promise<void> => {
      await facts.noteCanary('a', { ok: false, failure: 'silent' });
      await facts.noteHealth('a', { wolfHealth: 'degraded', stuckThreadCount: 1, canCreatePipelines: true });
      await facts.noteGpu('a', { monitoring: 'ok', gpuName: 'L4', memoryTotalMb: 23_034 });
    };
    await noteAll();
    const { factsVersion, updatedAt } = await host();
    await noteAll();
    expect(await host()).toMatchObject({ factsVersion, updatedAt });
    await facts.noteCanary('never-heard-of', { ok: false, failure: 'silent' });
  });

  it('tells placement what a GPU carries, and that it is not known any more', async () => {
    await placements.noteMeasurement('a', {
      encoderSessions: 2,
      videoMemoryUsedMb: 900,
      videoMemoryTotalMb: 1_000,
      sampledAt: new Date(),
    });
    expect(await host()).toMatchObject({ capacity: { encoderSessions: 2, videoMemoryUsedMb: 900 } });
    expect(await placements.place({ sessionId: 's' })).toMatchObject({ refused: true });
    await placements.noteMeasurement('a', { sampledAt: new Date() });
    expect(await host()).toMatchObject({ capacity: { encoderSessions: null, videoMemoryTotalMb: null } });
    expect(await placements.place({ sessionId: 's' })).toMatchObject({ wolfInstanceId: 'a' });
  });

  it('counts foreign lobbies, which take slots and are no event', async () => {
    expect(await placements.reconcile('a', { foreignLobbyCount: 0 })).toBeUndefined();
    expect(await placements.reconcile('a', { foreignLobbyCount: 4 })).toEqual({
      was: { reserved: 0, confirmed: 0, foreign: 0 },
      is: { reserved: 0, confirmed: 0, foreign: 4 },
    });
    expect(await placements.place({ sessionId: 's' })).toMatchObject({ refused: true, reason: 'all-full' });
    expect((await eventsOf()).filter((event) => event.startsWith('capacity-drift'))).toEqual([]);
  });

  it('recounts the slots of a host, and keeps the drift as an event', async () => {
    await placements.place({ sessionId: 's' });
    await placements.confirm('s');
    await database.dataSource.query('UPDATE wolf_capacities SET confirmed = 3, reserved = 1');
    expect(await placements.reconcile('a', { foreignLobbyCount: 0 })).toEqual({
      was: { reserved: 1, confirmed: 3, foreign: 0 },
      is: { reserved: 0, confirmed: 1, foreign: 0 },
    });
    expect(await host()).toMatchObject({ connectedSandboxCount: 1 });
    expect(await eventsOf()).toContain(
      'capacity-drift: 1 reserved and 3 confirmed slots were counted, 0 and 1 there are',
    );
    await database.dataSource.query('UPDATE wolf_capacities SET unseen = 0');
    expect(await placements.reconcile('a', { foreignLobbyCount: 0 })).toBeUndefined();
    expect(await placements.reconcile('never-heard-of', { foreignLobbyCount: 1 })).toBeUndefined();
  });
});
