import type { HealthFacts } from '@helix/scheduler';
import { isRevDialError, type RevDialErrorCode } from '@helix/revdial';
import { isWolfError, type WolfCallOptions, type WolfClient } from '@helix/wolf-client';

export type CanaryAnswer =
  | { readonly kind: 'answered'; readonly health: HealthFacts; readonly lacksHealth: boolean }
  | { readonly kind: 'failed'; readonly failure: string; readonly isSilence: boolean }
  | { readonly kind: 'none' };

const UNKNOWN_HEALTH: HealthFacts = { wolfHealth: '', stuckThreadCount: 0, canCreatePipelines: true };

/** Nothing was asked: the link is gone, which others see, or this replica has no room. */
const NOT_ASKED: ReadonlySet<RevDialErrorCode> = new Set<RevDialErrorCode>([
  'RUNNER_NOT_CONNECTED',
  'LINK_LOST',
  'LIMIT_REACHED',
  'DIAL_QUEUE_FULL',
  'DIAL_ABORTED',
  'SHUTTING_DOWN',
]);

/**
 * One real request to a Wolf: for its health, or where that is not to be had, for its lobbies. Any answer shows that the way
 * to it is whole. Rejects only with errors that are not Wolf's.
 */
export async function askCanary(
  wolf: Pick<WolfClient, 'healthReport' | 'listLobbies'>,
  canTellHealth: boolean,
  options: WolfCallOptions & { readonly timeoutMs: number },
): Promise<CanaryAnswer> {
  try {
    if (!canTellHealth) return await askForLobbies(wolf, options, true);
    const report = await wolf.healthReport(options);
    return {
      kind: 'answered',
      lacksHealth: false,
      health: {
        wolfHealth: report.overallStatus,
        stuckThreadCount: Math.min(Math.max(Math.round(report.stuckThreadCount), 0), 1e6),
        canCreatePipelines: report.canCreateNewPipelines,
      },
    };
  } catch (error) {
    if (isWolfError(error, 'WOLF_NOT_FOUND')) return { kind: 'answered', health: UNKNOWN_HEALTH, lacksHealth: true };
    if (!isWolfError(error, 'WOLF_INVALID_ANSWER')) return judge(error, options.timeoutMs);
  }
  // Of a build that words its health in a new way, the path may be whole all the same.
  return await askForLobbies(wolf, options, false).catch((error: unknown) => judge(error, options.timeoutMs));
}

async function askForLobbies(
  wolf: Pick<WolfClient, 'listLobbies'>,
  options: WolfCallOptions,
  lacksHealth: boolean,
): Promise<CanaryAnswer> {
  await wolf.listLobbies(options);
  return { kind: 'answered', health: UNKNOWN_HEALTH, lacksHealth };
}

/** In words that stay the same while the trouble does. */
function judge(error: unknown, timeoutMs: number): CanaryAnswer {
  if (!isWolfError(error)) throw error;
  switch (error.code) {
    case 'WOLF_ABORTED':
      return { kind: 'none' };
    case 'WOLF_UNREACHABLE':
      if (isRevDialError(error.cause) && NOT_ASKED.has(error.cause.code)) return { kind: 'none' };
      return failed(isRevDialError(error.cause) ? `its Wolf is not reached (${error.cause.code})` : 'its Wolf is down');
    case 'WOLF_TIMEOUT':
      return { ...failed(`no answer within ${String(timeoutMs / 1_000)} s`), isSilence: true };
    case 'WOLF_EMPTY_ANSWER':
      return failed('its Wolf ends connections without an answer');
    case 'WOLF_INVALID_ANSWER':
      return failed('its Wolf answers nothing that can be read');
    default:
      // A refusal is an answer.
      return { kind: 'answered', health: UNKNOWN_HEALTH, lacksHealth: false };
  }
}

function failed(failure: string): { readonly kind: 'failed'; readonly failure: string; readonly isSilence: boolean } {
  return { kind: 'failed', failure, isSilence: false };
}
