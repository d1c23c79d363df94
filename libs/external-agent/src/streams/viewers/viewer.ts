import type { ViewerRole } from '../../shares/viewer-role.js';

/** Who watches: a person with an account, or whoever holds a share link. */
export type ViewerHolder =
  { readonly kind: 'user'; readonly userId: string } | { readonly kind: 'share'; readonly shareId: string };

/** Somebody who was let in to a session's stream: one tab of one person. */
export interface Viewer {
  readonly holder: ViewerHolder;
  /** Which of the holder's tabs. A newer connection of the same tab takes the place of the older. */
  readonly tab: string;
  readonly role: ViewerRole;
  /** When the share ends that lets him in; `undefined` for owners and admins. */
  readonly expiresAt: Date | undefined;
  /** His client tells when somebody works with the desktop; otherwise a stream that he may control counts as work by itself. */
  readonly reportsActivity: boolean;
}
