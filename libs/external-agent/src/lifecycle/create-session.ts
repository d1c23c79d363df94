import type { HostLostWish } from '../session/session-state.js';

/** What a caller may decide about his session. */
export interface CreateSession {
  readonly ownerId: string;
  /** A caller who may retry names the session himself: the same id never makes a second desktop. */
  readonly sessionId?: string | undefined;
  readonly name?: string | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly display?: {
    readonly width?: number | undefined;
    readonly height?: number | undefined;
    readonly refreshHz?: number | undefined;
  };
  readonly gpuVendor?: string | undefined;
  readonly image?: string | undefined;
  readonly labels?: Readonly<Record<string, string>>;
  /** Idle time after which the desktop is stopped, in milliseconds; the operator's where it is absent. */
  readonly idleLimitMs?: number | undefined;
  /** Labels which its host must have. */
  readonly hostLabels?: Readonly<Record<string, string>> | undefined;
  /** How long it waits for a slot when every suitable host is full, in milliseconds, up to `LIMITS.queueMaxMs`; 0: not at all. */
  readonly queueMs?: number | undefined;
  /** What becomes of it when its host is lost and does not come back in time; `fail` where it is absent. */
  readonly onHostLost?: HostLostWish | undefined;
}
