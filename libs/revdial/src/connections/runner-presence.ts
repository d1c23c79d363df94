import type { RunnerId, RunnerKind } from '../runner-id.js';
import type { LinkEnd, LinkStats, LinkTransport } from '../runner-link.js';

interface Runner {
  readonly runnerId: RunnerId;
  readonly kind: RunnerKind;
  /** Wolf instance id, or session id for a sandbox. */
  readonly subject: string;
  readonly principal: string;
  /** Rises with every link of this runner; tells which of two links is newer. 0: no link of it was ever seen here. */
  readonly generation: number;
}

interface Linked {
  readonly transport: LinkTransport;
  readonly remoteAddress: string;
  readonly connectedAt: Date;
  readonly stats: LinkStats;
}

/** Its link has a connection. */
export type ConnectedRunner = Runner & Linked & { readonly state: 'connected' };

/** Its link has lost its connection and may be resumed for `resumeLeftMs`; dials wait. */
export type ResumingRunner = Runner &
  Linked & {
    readonly state: 'resuming';
    readonly resumeLeftMs: number;
    /** How long until the runner is given up, and dials no longer wait for it: this link or the next. */
    readonly leftMs: number;
  };

/** It has no link, and dials wait for one. `grace`: it had one; `expected`: it was started and has not connected yet. */
export type AwaitedRunner = Runner & {
  readonly state: 'grace' | 'expected';
  /** Since when it has been waited for. */
  readonly lostAt: Date;
  /** How long until the runner is given up, and dials no longer wait for it. */
  readonly leftMs: number;
  readonly waitingDialCount: number;
};

export type RunnerStatus = ConnectedRunner | ResumingRunner | AwaitedRunner;

export const RUNNER_STATES = [
  'connected',
  'resuming',
  'grace',
  'expected',
] as const satisfies readonly RunnerStatus['state'][];

/** Does it hold a link, with a connection or without? */
export function hasLink(runner: RunnerStatus): runner is ConnectedRunner | ResumingRunner {
  return runner.state === 'connected' || runner.state === 'resuming';
}

/** A change of a runner's state. */
export type ConnectionEvent =
  | {
      readonly type: 'connected';
      readonly runnerId: RunnerId;
      readonly generation: number;
      /** Empty when the socket was gone before it was asked. */
      readonly remoteAddress: string;
    }
  | { readonly type: 'resuming'; readonly runnerId: RunnerId; readonly generation: number }
  | { readonly type: 'resumed'; readonly runnerId: RunnerId; readonly generation: number }
  /** The link is gone, and the grace period begins. */
  | { readonly type: 'lost'; readonly runnerId: RunnerId; readonly end: LinkEnd }
  /** The grace period is over, or the runner was removed; dials fail at once. */
  | { readonly type: 'gone'; readonly runnerId: RunnerId };

/** Sums over the runners whose links are held by this replica. */
export interface ConnectionTotals {
  readonly links: Readonly<Record<LinkTransport, number>>;
  readonly inGraceCount: number;
  readonly waitingDialCount: number;
  readonly openStreamCount: number;
  /** Since the process began. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/**
 * Which runners are connected: the one answer for everything above the tunnel. A class and not an interface, so that it is also the
 * token under which it is injected. It hands out no links, only what another replica could tell as well.
 */
export abstract class RunnerPresence {
  /** `undefined`: not connected, and not waited for. */
  abstract find(runnerId: RunnerId): RunnerStatus | undefined;

  /** All that are connected or waited for, in no order. */
  abstract list(): readonly RunnerStatus[];

  /** Can it be dialed without a wait? */
  abstract isConnected(runnerId: RunnerId): boolean;

  /** Calls the listener with each change, in order. The returned function ends it. */
  abstract subscribe(listener: (event: ConnectionEvent) => void): () => void;

  /** For `/metrics` of this replica. */
  abstract totals(): ConnectionTotals;

  /** Lets dials wait for a runner that was just started, for one grace period. Does nothing when the runner is known. */
  abstract expect(runnerId: RunnerId, principal: string): void;

  /** As `expect`, of a runner that was connected before this process began: as if it had lost its link now. */
  abstract expectBack(runnerId: RunnerId, principal: string): void;

  /** Cuts the runner's link and forgets it, without grace: its session ended, or its token was revoked. */
  abstract remove(runnerId: RunnerId): void;

  /**
   * Asks for a sign of life, so that silence shows in `stats.unansweredMs` within moments. A hint: does nothing for a runner
   * without a link, and need do nothing where another replica holds it.
   */
  abstract probe(runnerId: RunnerId): void;
}
