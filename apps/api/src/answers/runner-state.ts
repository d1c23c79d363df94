import type { RunnerStatus } from '@helix/revdial';

export const SHOWN_RUNNER_STATES = ['connected', 'away', 'grace'] as const;

/** A runner's state in REST and metrics, which have had these words from the beginning. */
export function shownRunnerState({ state }: RunnerStatus): (typeof SHOWN_RUNNER_STATES)[number] {
  if (state === 'connected') return state;
  return state === 'resuming' ? 'away' : 'grace';
}
