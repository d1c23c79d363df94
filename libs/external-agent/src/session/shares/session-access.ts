/** What a viewer of a session may do: watch, or work with the desktop too. */
export const VIEWER_ROLES = ['view', 'control'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

/** What somebody may do with one session, and by what right. */
export interface SessionAccess {
  readonly via: 'owner' | 'admin' | 'share';
  readonly role: ViewerRole;
  /** Of access by a share. */
  readonly shareId?: string;
  /** When access by a share ends, if nobody ends it sooner. */
  readonly expiresAt?: Date;
}
