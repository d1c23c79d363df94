import type { PipeEnd } from '../carrier/byte-pipe.js';
import type { InFlightBounds } from './in-flight-limit.js';
import type { ResumableTimings } from './limits.js';
import type { LinkClock } from './link-clock.js';

export interface ResumableLinkEvents {
  /** The carrier is gone; the link waits for the next one. */
  readonly onCarrierLost?: (end: PipeEnd) => void;
  /** A carrier other than the first one has taken over. */
  readonly onResumed?: () => void;
  /** The server asks its agent to move to another link within this time. */
  readonly onDrain?: (withinMs: number) => void;
}

export interface ResumableLinkOptions {
  /** An agent pings by itself and may be asked to move; a server asks. */
  readonly role: 'agent' | 'server';
  /** How long to wait for the next carrier; an agent takes what its server says. */
  readonly holdMs?: number;
  readonly timings?: Partial<ResumableTimings>;
  readonly events?: ResumableLinkEvents;
  readonly clock?: LinkClock;
  readonly inFlight?: InFlightBounds;
}

export interface ResumableStats {
  readonly resumptions: number;
  readonly replayedBytes: number;
  /** How long a PING is unanswered; 0 when none is. */
  readonly unansweredMs: number;
  /** Since the peer was last heard, over any carrier. */
  readonly silentMs: number;
  readonly roundTripMs: number | undefined;
  readonly replayBufferedBytes: number;
}
