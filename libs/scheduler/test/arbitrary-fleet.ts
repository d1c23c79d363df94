import fc from 'fast-check';

import type { PlacementQuestion } from '../src/capacity/capacity-operations.js';
import { PLACEMENT_STRATEGIES, type PlacementPolicy } from '../src/capacity/change-capacity.js';
import type { Condition } from '../src/tables/condition.js';
import type { FleetHost } from './placement-oracle.js';

const SILENCE_MS = 90_000;
const vendor = fc.constantFrom('', 'nvidia', 'amd');
const region = fc.constantFrom('eu', 'us');
const version = fc.constantFrom('v1', 'v2');
const few = fc.integer({ min: 0, max: 4 });

function conditionsOf(rank: number | null, isOffline: boolean, isUnsettled: boolean): readonly Condition[] {
  if (rank === 0) return [];
  const since = '2026-01-02T03:04:05.000Z';
  if (rank === 1) return [{ type: 'WolfStuck', effect: 'last-choice', message: 'stuck', since }];
  if (isUnsettled) return [];
  return isOffline
    ? [{ type: 'LinkDown', effect: 'offline', message: 'it holds no link', since }]
    : [{ type: 'Cordoned', effect: 'blocks', message: 'cordoned', since }];
}

const host = (id: string): fc.Arbitrary<FleetHost> =>
  fc
    .record({
      rank: fc.constantFrom(0, 0, 0, 1, null),
      isOffline: fc.boolean(),
      isUnsettled: fc.constantFrom(false, false, true),
      linkConnected: fc.constantFrom(true, true, true, false),
      silentMs: fc.constantFrom(0, 1_000, SILENCE_MS + 1_000),
      gpuVendor: vendor,
      labels: fc.oneof(fc.constant({}), fc.record({ region }), fc.record({ region, zone: fc.constantFrom('1', '2') })),
      images: fc.oneof(fc.constant({}), fc.record({ 'helix-sway': version })),
      maxSandboxes: fc.integer({ min: 0, max: 6 }),
      reserved: few,
      confirmed: few,
      foreignLobbies: fc.constantFrom(0, 0, 1),
      unseen: fc.integer({ min: 0, max: 2 }),
      encoderSessions: fc.option(fc.integer({ min: 0, max: 6 })),
      encoderSessionsMax: fc.option(fc.integer({ min: 0, max: 8 })),
      memory: fc.option(fc.record({ used: fc.integer({ min: 0, max: 16_384 }), total: fc.constant(16_384) })),
      videoMemoryPerSessionMb: fc.option(fc.constantFrom(0, 1_024, 4_096)),
      placedSeq: fc.integer({ min: 0, max: 3 }).map(String),
    })
    .map(({ isOffline, isUnsettled, memory, ...rest }) => ({
      ...rest,
      id,
      conditions: conditionsOf(rest.rank, isOffline, isUnsettled),
      videoMemoryUsedMb: memory?.used ?? null,
      videoMemoryTotalMb: memory?.total ?? null,
    }));

/** Hosts in every state that placement tells apart; within their limits and beyond. */
export const arbitraryFleet: fc.Arbitrary<readonly FleetHost[]> = fc
  .integer({ min: 0, max: 8 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => host(`h${String(index)}`))));

export const arbitraryQuestion: fc.Arbitrary<PlacementQuestion> = fc
  .record(
    {
      gpuVendor: fc.constantFrom('nvidia', 'amd', ['amd'], ['nvidia', 'amd'], ['intel', 'nvidia']),
      labels: fc.record({ region }),
      image: version,
      preferredInstanceId: fc.constantFrom('h0', 'h1', 'h2', 'gone'),
    },
    { requiredKeys: [] },
  )
  .map(({ image, ...question }) => ({
    ...question,
    ...(image !== undefined && { imageName: 'helix-sway', imageVersion: image }),
  }));

export const arbitraryPolicy: fc.Arbitrary<PlacementPolicy> = fc.record({
  strategy: fc.constantFrom(...PLACEMENT_STRATEGIES),
  silenceMs: fc.constant(SILENCE_MS),
  encoderSessionsMax: fc.option(fc.integer({ min: 1, max: 8 })),
  videoMemoryPerSessionMb: fc.constantFrom(0, 2_048),
});
