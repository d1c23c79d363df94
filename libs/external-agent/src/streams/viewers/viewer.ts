import type { ViewerRole } from '../../session/shares/session-access.js';
import { createHash } from 'node:crypto';
import type { StreamSettings } from '../dialect/first-message.js';

/** Who watches: a user with an account, or the holder of a share link. */
export type ViewerHolder =
  { readonly kind: 'user'; readonly userId: string } | { readonly kind: 'share'; readonly shareId: string };

/** A viewer who was admitted to a session's stream: one tab of one user. */
export interface Viewer {
  readonly holder: ViewerHolder;
  /** Which of the holder's tabs. A newer connection of the same tab takes the place of the older. */
  readonly tab: string;
  readonly role: ViewerRole;
  /** When the share ends that lets them in; `undefined` for owners and admins. */
  readonly expiresAt: Date | undefined;
  /** Its client reports activity; otherwise a stream with control counts as activity by itself. */
  readonly reportsActivity: boolean;
}

/**
 * The name of one tab of one person, 20 characters of `[0-9a-f]`. Derived, so that it stays the same when they connect again, and
 * so that no client can take another's by what it sends.
 */
export function viewerIdOf(holder: ViewerHolder, tab: string): string {
  const name = holder.kind === 'user' ? `user:${holder.userId}` : `share:${holder.shareId}`;
  return createHash('sha256')
    .update(`${String(name.length)}:${name}:${tab}`)
    .digest('hex')
    .slice(0, 20);
}

/** One who watches, as the owner of the session sees them. */
export interface ViewerStatus {
  readonly viewerId: string;
  readonly holder: ViewerHolder;
  readonly role: ViewerRole;
  readonly since: Date;
  /** `connecting` until the host says that the stream stands. */
  readonly state: 'connecting' | 'connected' | 'unstable' | 'reconnecting';
  /** What their stream was asked for; `undefined` until it has begun. */
  readonly settings: StreamSettings | undefined;
  /** Round trip between the viewer and this replica, in milliseconds; `undefined` until it was measured. */
  readonly roundTripMs: number | undefined;
  /** Without control, and something keeps their input from the desktop: on hosts that take input over the socket. */
  readonly isViewOnlyEnforced: boolean;
}
