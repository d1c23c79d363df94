import { PLACEMENT_STRATEGIES, SCHEDULER_LIMITS, type PlacementPolicy } from '@helix/scheduler';
import { z } from 'zod';
import { setting, whole } from './setting-schemas.js';

/** What the operator says about where sessions go; each host may have limits of its own. */
export type PlacementSettings = Pick<PlacementPolicy, 'strategy' | 'encoderSessionsMax' | 'videoMemoryPerSessionMb'>;

export const PLACEMENT_SETTINGS = {
  PLACEMENT_STRATEGY: setting(
    z.enum(PLACEMENT_STRATEGIES).default('least-loaded'),
    'Which of the hosts that fit gets a session: the least loaded, each in turn, or the fullest (`least-loaded`, `round-robin`, `bin-pack`)',
  ),
  PLACEMENT_ENCODERS_MAX: setting(
    whole(1, 10_000).optional(),
    'Encoder sessions of a host that has no limit of its own; unset: no limit',
  ),
  PLACEMENT_VIDEO_MEMORY_MB: setting(
    whole(0, 1_048_576).default(SCHEDULER_LIMITS.videoMemoryPerSessionMbDefault),
    'MiB of video memory that a session is taken to need, on hosts that measure theirs; 0: not looked at',
  ),
} as const;

export function placementSettings(env: {
  readonly PLACEMENT_STRATEGY: PlacementSettings['strategy'];
  readonly PLACEMENT_ENCODERS_MAX?: number | undefined;
  readonly PLACEMENT_VIDEO_MEMORY_MB: number;
}): PlacementSettings {
  return {
    strategy: env.PLACEMENT_STRATEGY,
    encoderSessionsMax: env.PLACEMENT_ENCODERS_MAX ?? null,
    videoMemoryPerSessionMb: env.PLACEMENT_VIDEO_MEMORY_MB,
  };
}
