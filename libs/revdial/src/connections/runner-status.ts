import type { RunnerId, RunnerKind } from '../runner-id.js';
import type { LinkStats, LinkTransport } from '../runner-link.js';

/** A runner as operators see it. */
export type RunnerStatus = {
  readonly runnerId: RunnerId;
  readonly kind: RunnerKind;
  /** Wolf instance id, or session id for a sandbox. */
  readonly subject: string;
  readonly principal: string;
  /** Rises with every link of this runner; tells which of two links is newer. 0: expected, never seen. */
  readonly generation: number;
} & (
  | LinkedRunner
  /** Its link has no connection now, waits for so long to be resumed, and dials wait with it. */
  | (Omit<LinkedRunner, 'state'> & { readonly state: 'away'; readonly resumeLeftMs: number })
  /** It has no link, and dials wait for one. */
  | { readonly state: 'grace'; readonly lostAt: Date; readonly graceEndsAt: Date; readonly waitingDialCount: number }
);

interface LinkedRunner {
  /** Its link stands, with a connection under it. */
  readonly state: 'connected';
  readonly transport: LinkTransport;
  readonly remoteAddress: string;
  readonly connectedAt: Date;
  readonly stats: LinkStats;
}

export const RUNNER_STATES = ['connected', 'away', 'grace'] as const satisfies readonly RunnerStatus['state'][];
