import type { StreamSettings } from '../dialect/stream-settings.js';
import type { ViewerHolder } from './viewer.js';
import type { ViewerRole } from '../../shares/viewer-role.js';

/** One who watches, as the owner of the session sees him. */
export interface ViewerStatus {
  readonly viewerId: string;
  readonly holder: ViewerHolder;
  readonly role: ViewerRole;
  readonly since: Date;
  /** `connecting` until the host says that the stream stands. */
  readonly state: 'connecting' | 'connected' | 'unstable' | 'reconnecting';
  /** What his stream was asked for; `undefined` until he has begun. */
  readonly settings: StreamSettings | undefined;
  /** Round trip between him and this replica, in milliseconds; `undefined` until it was measured. */
  readonly roundTripMs: number | undefined;
  /** Without control, and something keeps his input from the desktop: on hosts that take input over the socket. */
  readonly isViewOnlyEnforced: boolean;
}
