import type { RunnerStatus } from './runner-status.js';

/** Does the runner have a connection now? One whose link waits to be resumed has a link and no connection. */
export function isStanding(runner: RunnerStatus | undefined): boolean {
  return runner?.state === 'connected' && runner.stats.resumeLeftMs === undefined;
}
