/** What a viewer of a session may do: watch, or work with the desktop too. */
export const VIEWER_ROLES = ['view', 'control'] as const;
export type ViewerRole = (typeof VIEWER_ROLES)[number];

/** What a caller may do with one session, and by what right. */
export interface SessionAccess {
  readonly via: 'owner' | 'admin' | 'share';
  readonly role: ViewerRole;
  /** Of access by a share. */
  readonly shareId?: string;
  /** When access by a share ends, unless it is revoked. */
  readonly expiresAt?: Date;
}
