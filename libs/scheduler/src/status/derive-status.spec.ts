import fc from 'fast-check';

import type { Condition } from '../tables/condition.js';
import { deriveStatus, type DerivedStatus, type StatusFacts } from './derive-status.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const TIMES = { silenceMs: 90_000, heartbeatLateMs: 120_000 };

const before = (ms: number): Date => new Date(NOW.getTime() - ms);

const HEALTHY: StatusFacts = {
  linkConnected: true,
  linkChangedAt: before(1_000_000),
  linkAwayAt: null,
  linkAnswering: true,
  otherMachineSeenAt: null,
  otherMachineAddress: '',
  lastSeenAt: before(1_000),
  lastHeartbeatAt: before(1_000),
  wolfHealth: 'healthy',
  stuckThreadCount: 0,
  canCreatePipelines: true,
  canaryFailingSince: null,
  canaryFailure: '',
  diskUsage: [],
  diskAlertLevel: 'ok',
  gpuMonitoring: 'ok',
  cordonedAt: null,
  cordonedBy: '',
  cordonReason: '',
  drainStartedAt: null,
  drainedBy: '',
  drainReason: '',
};

const past = fc.integer({ min: 0, max: 300_000 }).map(before);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });

const anyFacts: fc.Arbitrary<StatusFacts> = fc.record({
  linkConnected: fc.boolean(),
  linkChangedAt: maybe(past),
  linkAwayAt: maybe(past),
  linkAnswering: fc.boolean(),
  otherMachineSeenAt: maybe(past),
  otherMachineAddress: fc.constant('192.0.2.7'),
  lastSeenAt: past,
  lastHeartbeatAt: maybe(past),
  wolfHealth: fc.constantFrom('', 'healthy', 'degraded', 'critical'),
  stuckThreadCount: fc.nat(3),
  canCreatePipelines: fc.boolean(),
  canaryFailingSince: maybe(past),
  canaryFailure: fc.constant('no answer'),
  diskUsage: fc.constant([]),
  diskAlertLevel: fc.constantFrom('', 'ok', 'warning', 'critical'),
  gpuMonitoring: fc.constantFrom('', 'ok', 'lost'),
  cordonedAt: maybe(past),
  cordonedBy: fc.constantFrom('', 'anna'),
  cordonReason: fc.constantFrom('', 'new disk'),
  drainStartedAt: maybe(past),
  drainedBy: fc.constantFrom('', 'anna'),
  drainReason: fc.constantFrom('', 'upgrade'),
});

const derive = (facts: Partial<StatusFacts>, standing?: readonly Condition[]): DerivedStatus =>
  deriveStatus({ ...HEALTHY, ...facts }, NOW, TIMES, standing);

describe('deriveStatus', () => {
  it.each<[string, Partial<StatusFacts>, string, string, number | null]>([
    ['LinkDown', { linkConnected: false }, 'offline', 'offline', null],
    ['Silent', { lastSeenAt: before(90_001) }, 'offline', 'offline', null],
    ['TwoMachines', { otherMachineSeenAt: before(299_000) }, 'note', 'online', 0],
    ['LinkAway', { linkAwayAt: before(3_000) }, 'last-choice', 'degraded', 1],
    ['NotAnswering', { linkAnswering: false }, 'last-choice', 'degraded', 1],
    ['HeartbeatLate', { lastHeartbeatAt: before(120_001) }, 'last-choice', 'degraded', 1],
    ['CanaryFailing', { canaryFailingSince: before(5_000) }, 'blocks', 'degraded', null],
    ['WolfCritical', { canCreatePipelines: false, stuckThreadCount: 2 }, 'blocks', 'degraded', null],
    ['WolfCritical', { wolfHealth: 'critical' }, 'blocks', 'degraded', null],
    ['WolfStuck', { wolfHealth: 'degraded' }, 'last-choice', 'degraded', 1],
    ['WolfStuck', { stuckThreadCount: 1 }, 'last-choice', 'degraded', 1],
    ['DiskCritical', { diskAlertLevel: 'critical' }, 'blocks', 'degraded', null],
    ['DiskWarning', { diskAlertLevel: 'warning' }, 'note', 'online', 0],
    ['GpuMonitoringLost', { gpuMonitoring: 'lost' }, 'last-choice', 'degraded', 1],
    ['Cordoned', { cordonedAt: before(1), cordonedBy: 'anna' }, 'blocks', 'cordoned', null],
    ['Draining', { drainStartedAt: before(1) }, 'blocks', 'draining', null],
  ])('finds %s in %j', (type, facts, effect, status, placementRank) => {
    expect(derive(facts)).toMatchObject({ status, placementRank, conditions: [{ type, effect }] });
  });

  it.each<[string, Partial<StatusFacts>]>([
    ['was heard of in time', { lastSeenAt: before(90_000), lastHeartbeatAt: before(120_000) }],
    ['never sent a heartbeat', { lastHeartbeatAt: null }],
    ['never had its GPU measured nor its Wolf asked', { gpuMonitoring: '', wolfHealth: '' }],
  ])('finds nothing against a host that %s', (_, facts) => {
    expect(derive(facts)).toEqual({ status: 'online', placementRank: 0, conditions: [] });
  });

  it('no rank exactly when a condition takes the host out; last for a lesser one', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { conditions, placementRank } = derive(facts);
        const has = (...effects: string[]): boolean => conditions.some(({ effect }) => effects.includes(effect));
        expect(placementRank).toBe(has('offline', 'blocks') ? null : has('last-choice') ? 1 : 0);
      }),
    );
  });

  it('names the gravest: offline, then draining, then cordoned, then degraded', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { conditions, status } = derive(facts);
        const types: readonly string[] = conditions.map(({ type }) => type);
        const offline = !facts.linkConnected || NOW.getTime() - facts.lastSeenAt.getTime() > TIMES.silenceMs;
        const expected = offline
          ? 'offline'
          : (['Draining', 'Cordoned'].find((type) => types.includes(type))?.toLowerCase() ??
            (conditions.every(({ effect }) => effect === 'note') ? 'online' : 'degraded'));
        expect(status).toBe(expected);
        expect(new Set(types).size).toBe(types.length);
      }),
    );
  });

  it('keeps the beginning of what stands already, whatever the order and whatever else stood', () => {
    const stood = anyFacts.map((facts) =>
      derive(facts).conditions.map((one) => ({ ...one, since: '2026-01-01T00:00:00.000Z' })),
    );
    fc.assert(
      fc.property(
        anyFacts,
        stood.chain((conditions) =>
          fc.tuple(fc.constant(conditions), fc.shuffledSubarray(conditions, { minLength: conditions.length })),
        ),
        (facts, [standing, shuffled]) => {
          const derived = derive(facts, standing);
          expect(derive(facts, shuffled)).toEqual(derived);
          for (const { type, since } of derived.conditions) {
            const known = standing.find((condition) => condition.type === type);
            if (known !== undefined) expect(since).toBe(known.since);
            else expect(Date.parse(since)).toBeLessThanOrEqual(NOW.getTime());
          }
          const { status, placementRank } = derive(facts);
          expect(derived).toMatchObject({ status, placementRank });
          expect(derive(facts, derived.conditions)).toEqual(derived);
        },
      ),
    );
  });
});
