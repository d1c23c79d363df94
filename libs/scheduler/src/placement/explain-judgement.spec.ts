import { healthyHost } from '../../test/healthy-host.js';
import { DEFAULT_PLACEMENT_POLICY, type PlacementQuestion } from '../capacity/change-capacity.js';
import type { Condition } from '../status/condition.js';
import { decide } from './decide.js';
import { explainJudgement } from './explain-judgement.js';
import type { PlacementDecision } from './placement-decision.js';
import type { PlacementHost } from './placement-host.js';

const NOW = new Date('2026-03-01T12:00:00.000Z');

const DOWN: Condition = { type: 'LinkDown', effect: 'offline', message: '', since: '2026-03-01T11:59:00.000Z' };
const CORDONED: Condition = {
  type: 'Cordoned',
  effect: 'blocks',
  message: 'cordoned by bob',
  since: '2026-03-01T11:59:00.000Z',
};

function host(id: string, facts: Partial<PlacementHost> = {}): PlacementHost {
  const usual = { labels: { zone: 'a' }, images: { 'helix-sway': 'v1' }, maxSandboxes: 4 };
  return healthyHost({ id, lastSeenAt: NOW, ...usual, ...facts });
}

const offline = (id: string): PlacementHost => host(id, { rank: null, linkConnected: false, conditions: [DOWN] });
const cordoned = (id: string): PlacementHost => host(id, { rank: null, conditions: [CORDONED] });
const full = (id: string): PlacementHost => host(id, { confirmed: 4 });

function explain(
  hosts: readonly PlacementHost[],
  question: PlacementQuestion = {},
  ...more: ['refused' | 'queued', 'queue-full' | 'queue-timeout'] | ['queued'] | []
): PlacementDecision {
  const judgement = decide(hosts, question, DEFAULT_PLACEMENT_POLICY, NOW);
  const [outcome = judgement.chosen === undefined ? 'refused' : 'placed', refusal] = more;
  return explainJudgement(judgement, DEFAULT_PLACEMENT_POLICY, NOW, outcome, refusal);
}

describe('explainJudgement', () => {
  it.each<readonly [string, string, readonly PlacementHost[], PlacementQuestion]>([
    ['none-registered', 'no Wolf instances available: none is registered', [], {}],
    ['all-offline', 'no Wolf instances available: none is online (of 1 host: 1 out of rotation)', [offline('a')], {}],
    [
      'none-in-rotation',
      'no Wolf instances available: none that is online takes sessions now (of 2 hosts: 2 out of rotation)',
      [offline('a'), cordoned('b')],
      {},
    ],
    [
      'no-matching-gpu',
      'no GPU host that takes sessions has the GPU asked for (of 2 hosts: 1 out of rotation, 1 of another GPU)',
      [cordoned('a'), host('b')],
      { gpuVendor: 'amd' },
    ],
    [
      'no-matching-labels',
      'no GPU host that takes sessions has the labels asked for (of 1 host: 1 without the labels)',
      [host('a')],
      { labels: { zone: 'b' } },
    ],
    [
      'no-matching-image',
      'no GPU host that takes sessions has the image asked for (of 1 host: 1 without the image)',
      [host('a')],
      { imageName: 'helix-sway', imageVersion: 'v2' },
    ],
    [
      'all-full',
      'GPU resource limit reached: every suitable host is full (of 4 hosts: 1 without the labels, 1 with all slots taken, ' +
        '1 with all encoders taken, 1 short of video memory)',
      [
        full('a'),
        host('b', { encoderSessions: 3, encoderSessionsMax: 3 }),
        host('c', { videoMemoryUsedMb: 15_000, videoMemoryTotalMb: 16_000 }),
        host('d', { labels: {} }),
      ],
      { labels: { zone: 'a' } },
    ],
  ])('refuses with %s, in one sentence that names no host', (reason, message, hosts, question) => {
    expect(explain(hosts, question)).toMatchObject({ outcome: 'refused', reason, message });
  });

  it('shows the chosen host with its load first, and then those nearest to fitting', () => {
    const hosts = [cordoned('d'), full('c'), host('b', { confirmed: 2 }), host('a', { confirmed: 1 })];
    const decision = explain(hosts);
    expect(decision).toMatchObject({
      outcome: 'placed',
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
  });

  it('says that a host was chosen for the workspace on it', () => {
    const hosts = [host('a'), host('b', { confirmed: 3 })];
    expect(explain(hosts, { preferredInstanceId: 'b' }).chosen).toMatchObject({
      id: 'b',
      why: 'chosen: its workspace is there; 3/4 slots taken (75 %)',
    });
    expect(explain([host('a'), full('b')], { preferredInstanceId: 'b' }).chosen).toMatchObject({ id: 'a' });
  });

  it('tells what one waits for, and why waiting was no use', () => {
    expect(explain([full('a')], {}, 'queued')).toMatchObject({
      outcome: 'queued',
      reason: 'all-full',
      message:
        'waits for a slot: GPU resource limit reached: every suitable host is full (of 1 host: 1 with all slots taken)',
    });
    // A host that became free a moment too late is none that was chosen.
    const late = explain([host('a')], {}, 'refused', 'queue-timeout');
    expect(late).toMatchObject({
      outcome: 'refused',
      reason: 'queue-timeout',
      hosts: [{ why: 'fits: 0/4 slots taken' }],
    });
    expect(late).not.toHaveProperty('chosen');
  });

  it('tells of a bounded number of hosts and counts all', () => {
    const decision = explain(Array.from({ length: 80 }, (_, index) => full(`h${String(index)}`)));
    expect(decision.hosts).toHaveLength(50);
    expect(decision).toMatchObject({ consideredCount: 80, counts: { slots: 80 } });
  });
});
