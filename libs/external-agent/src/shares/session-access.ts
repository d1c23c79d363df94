import type { ViewerRole } from './viewer-role.js';

/** What somebody may do with one session, and by what right. */
export interface SessionAccess {
  readonly via: 'owner' | 'admin' | 'share';
  readonly role: ViewerRole;
  /** Of access by a share. */
  readonly shareId?: string;
  /** When access by a share ends, if nobody ends it sooner. */
  readonly expiresAt?: Date;
}
