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
  | {
      readonly state: 'connected';
      readonly transport: LinkTransport;
      readonly remoteAddress: string;
      readonly connectedAt: Date;
      readonly stats: LinkStats;
    }
  | { readonly state: 'grace'; readonly lostAt: Date; readonly graceEndsAt: Date; readonly waitingDialCount: number }
);
