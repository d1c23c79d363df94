import type { FleetSummary, JudgedHost, Obstacle, ObstacleCode } from '../capacity/capacity-operations.js';
import { explainPlacement } from './explain-placement.js';
import type { PlacementDecision } from './placement.js';

const AT = '2026-03-01T12:00:00.123456+00:00';

const CORDONED: Obstacle = {
  code: 'condition',
  type: 'Cordoned',
  message: 'cordoned by bob',
  since: '2026-03-01T11:59:00.000Z',
};

function host(id: string, used: number, obstacle: Obstacle | null = null): JudgedHost {
  return { id, used, max: 4, score: used / 4, obstacle };
}

function fleetOf(counts: Partial<Record<ObstacleCode, number>>, more: Partial<FleetSummary> = {}): FleetSummary {
  const hostCount = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { at: AT, hostCount, offlineCount: 0, counts, hosts: [], ...more };
}

function explain(
  fleet: FleetSummary,
  chosen?: JudgedHost & { isPreferred?: boolean },
  outcome?: 'refused' | 'queued',
  refusal?: 'queue-full' | 'queue-timeout',
): PlacementDecision {
  return explainPlacement({ chosen, fleet }, 'least-loaded', outcome, refusal);
}

describe('explainPlacement', () => {
  it.each<readonly [string, string, FleetSummary]>([
    ['none-registered', 'no Wolf instances available: none is registered', fleetOf({})],
    [
      'all-offline',
      'no Wolf instances available: none is online (of 1 host: 1 out of rotation)',
      fleetOf({ condition: 1 }, { offlineCount: 1 }),
    ],
    [
      'all-offline',
      'no Wolf instances available: none is online (of 2 hosts: 1 out of rotation, 1 not heard of)',
      fleetOf({ condition: 1, silent: 1 }, { offlineCount: 2 }),
    ],
    [
      'none-in-rotation',
      'no Wolf instances available: none that is online takes sessions now (of 2 hosts: 2 out of rotation)',
      fleetOf({ condition: 2 }, { offlineCount: 1 }),
    ],
    [
      'no-matching-gpu',
      'no GPU host that takes sessions has the GPU asked for (of 2 hosts: 1 out of rotation, 1 of another GPU)',
      fleetOf({ condition: 1, 'gpu-vendor': 1 }),
    ],
    [
      'no-matching-labels',
      'no GPU host that takes sessions has the labels asked for (of 2 hosts: 1 of another GPU, 1 without the labels)',
      fleetOf({ 'gpu-vendor': 1, label: 1 }),
    ],
    [
      'no-matching-image',
      'no GPU host that takes sessions has the image asked for (of 2 hosts: 1 without the labels, 1 without the image)',
      fleetOf({ label: 1, image: 1 }),
    ],
    [
      'all-full',
      'GPU resource limit reached: every suitable host is full (of 4 hosts: 1 without the labels, 1 with all slots taken, ' +
        '1 with all encoders taken, 1 short of video memory)',
      fleetOf({ label: 1, slots: 1, encoders: 1, 'video-memory': 1 }),
    ],
  ])('%s: one sentence that names no host', (reason, message, fleet) => {
    expect(explain(fleet)).toMatchObject({ outcome: 'refused', reason, message });
  });

  it('a chosen host -> told of with its load, beside the others', () => {
    const a = host('a', 1);
    const full: Obstacle = { code: 'slots', used: 4, max: 4 };
    const hosts = [a, host('b', 2), host('c', 4, full), host('d', 0, CORDONED)];
    const decision = explain(fleetOf({ condition: 1, slots: 1 }, { hostCount: 4, hosts }), a);
    expect(decision).toMatchObject({
      outcome: 'placed',
      at: '2026-03-01T12:00:00.123Z',
      message: '2 of 4 hosts would take it (1 out of rotation, 1 with all slots taken)',
      chosen: { id: 'a', score: 0.25 },
      consideredCount: 4,
      counts: { condition: 1, slots: 1 },
    });
    expect(decision).not.toHaveProperty('reason');
    expect(decision.hosts.map(({ id, why }) => `${id}: ${why}`)).toEqual([
      'a: chosen: least-loaded, 1/4 slots taken (25 %)',
      'b: fits: 2/4 slots taken',
      'c: slots 4/4',
      'd: cordoned by bob, since 2026-03-01T11:59:00Z',
    ]);
    expect(decision.hosts.map(({ obstacle }) => obstacle)).toEqual([undefined, undefined, full, CORDONED]);
  });

  it('a host chosen for its workspace -> said so', () => {
    const b = host('b', 3);
    const fleet = fleetOf({}, { hostCount: 2, hosts: [host('a', 0), b] });
    expect(explain(fleet, { ...b, isPreferred: true }).chosen).toMatchObject({
      id: 'b',
      why: 'chosen: its workspace is there; 3/4 slots taken (75 %)',
    });
  });

  it('queued or waited in vain -> what for', () => {
    const fleet = fleetOf({ slots: 1 });
    expect(explain(fleet, undefined, 'queued')).toMatchObject({
      outcome: 'queued',
      reason: 'all-full',
      message:
        'waits for a slot: GPU resource limit reached: every suitable host is full (of 1 host: 1 with all slots taken)',
    });
    const late = explain(fleet, undefined, 'refused', 'queue-timeout');
    expect(late).toMatchObject({ outcome: 'refused', reason: 'queue-timeout' });
    expect(late).not.toHaveProperty('chosen');
  });
});
