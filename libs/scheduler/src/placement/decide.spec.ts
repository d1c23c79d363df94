import fc from 'fast-check';

import { healthyHost } from '../../test/healthy-host.js';
import type { PlacementPolicy } from '../capacity/change-capacity.js';
import { arbitraryFleet, arbitraryPolicy, arbitraryQuestion, FLEET_NOW } from '../../test/arbitrary-fleet.js';
import { decide } from './decide.js';
import { explainJudgement } from './explain-judgement.js';
import { obstacleOf, usedSlotsOf } from './obstacle-of.js';
import type { PlacementHost } from './placement-host.js';

const numRuns = Math.min(200_000, Number(process.env['FUZZ_RUNS'] ?? 500));
const LEAST_LOADED: PlacementPolicy = {
  strategy: 'least-loaded',
  silenceMs: 90_000,
  encoderSessionsMax: null,
  videoMemoryPerSessionMb: 0,
};

describe('decide', () => {
  it('never goes over a limit, and never takes a host that a filter excludes', () => {
    fc.assert(
      fc.property(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, (hosts, question, policy) => {
        const taken = decide(hosts, question, policy, FLEET_NOW).chosen?.host;
        if (taken === undefined) return;
        expect(taken.rank).not.toBeNull();
        expect(taken.linkConnected).toBe(true);
        expect(FLEET_NOW.getTime() - taken.lastSeenAt.getTime()).toBeLessThanOrEqual(policy.silenceMs);
        expect(usedSlotsOf(taken) + 1).toBeLessThanOrEqual(taken.maxSandboxes);
        expect([undefined, taken.gpuVendor]).toContain(question.gpuVendor);
        expect(taken.labels).toMatchObject(question.labels ?? {});
        if (question.imageVersion !== undefined) {
          expect([undefined, question.imageVersion]).toContain(taken.images['helix-sway']);
        }
        const encoders = Math.max((taken.encoderSessions ?? 0) + taken.unseen, usedSlotsOf(taken)) + 1;
        expect(encoders).toBeLessThanOrEqual(taken.encoderSessionsMax ?? policy.encoderSessionsMax ?? Infinity);
        if (taken.videoMemoryTotalMb !== null && taken.videoMemoryUsedMb !== null) {
          const each = taken.videoMemoryPerSessionMb ?? policy.videoMemoryPerSessionMb;
          const needed = taken.videoMemoryUsedMb + (taken.unseen + 1) * each;
          // One that needs none asks for none, also of a host that has less than none.
          if (each > 0) expect(needed).toBeLessThanOrEqual(taken.videoMemoryTotalMb);
        }
      }),
      { numRuns },
    );
  });

  it('refuses only if no host fits, and explains what it decides', () => {
    fc.assert(
      fc.property(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, (hosts, question, policy) => {
        const judgement = decide(hosts, question, policy, FLEET_NOW);
        const fitting = hosts.filter((host) => obstacleOf(host, question, policy, FLEET_NOW) === undefined);
        expect(judgement.chosen === undefined).toBe(fitting.length === 0);

        const outcome = judgement.chosen === undefined ? 'refused' : 'placed';
        const explained = explainJudgement(judgement, policy, FLEET_NOW, outcome);
        expect(explained.consideredCount).toBe(hosts.length);
        expect(explained.chosen?.id).toBe(judgement.chosen?.host.id);
        expect(explained.hosts.map(({ id }) => id).toSorted()).toEqual(hosts.map(({ id }) => id).toSorted());
        expect(explained.hosts.filter(({ obstacle }) => obstacle === undefined)).toHaveLength(fitting.length);
        expect(explained.hosts.every(({ why }) => why !== '')).toBe(true);
        const counted = Object.values(explained.counts).reduce((sum, count) => sum + count, 0);
        expect(counted).toBe(hosts.length - fitting.length);
        expect(explained.reason === undefined).toBe(outcome === 'placed');
        // Those who may not know the hosts are told this.
        for (const { id } of hosts) expect(explained.message).not.toContain(id);
      }),
      { numRuns },
    );
  });

  it('takes the preferred host whenever it fits', () => {
    fc.assert(
      fc.property(arbitraryFleet, arbitraryQuestion, arbitraryPolicy, (hosts, question, policy) => {
        for (const { id } of hosts.filter((host) => obstacleOf(host, question, policy, FLEET_NOW) === undefined)) {
          const asked = { ...question, preferredInstanceId: id };
          expect(decide(hosts, asked, policy, FLEET_NOW).chosen?.host.id).toBe(id);
        }
      }),
      { numRuns: numRuns / 2 },
    );
  });

  it('keeps equal hosts within one slot of each other, by load and by turns', () => {
    const hostCounts = fc.integer({ min: 1, max: 7 });
    const placeCounts = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(
        hostCounts,
        placeCounts,
        fc.constantFrom('least-loaded', 'round-robin'),
        (count, places, strategy) => {
          let hosts = Array.from({ length: count }, (_, index) => equalHost(`h${String(index)}`));
          for (let turn = 0; turn < places; turn += 1) {
            const { chosen } = decide(hosts, {}, { ...LEAST_LOADED, strategy }, FLEET_NOW);
            if (chosen === undefined) break;
            hosts = hosts.map((host) =>
              host.id === chosen.host.id ? { ...host, reserved: host.reserved + 1, placedSeq: String(turn + 1) } : host,
            );
          }
          const loads = hosts.map(usedSlotsOf);
          expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: numRuns / 10 },
    );
  });

  it('fills a host before the next one when packing', () => {
    let hosts = ['a', 'b'].map(equalHost);
    const taken: string[] = [];
    for (let turn = 1; turn <= 20; turn += 1) {
      const { chosen } = decide(hosts, {}, { ...LEAST_LOADED, strategy: 'bin-pack' }, FLEET_NOW);
      if (chosen === undefined) break;
      taken.push(chosen.host.id);
      hosts = hosts.map((host) => (host === chosen.host ? { ...host, reserved: host.reserved + 1 } : host));
    }
    expect(taken).toEqual([...Array.from({ length: 10 }, () => 'b'), ...Array.from({ length: 10 }, () => 'a')]);
  });
});

function equalHost(id: string): PlacementHost {
  return healthyHost({ id, lastSeenAt: FLEET_NOW });
}
