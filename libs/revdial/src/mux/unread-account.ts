/** What several links may hold unread, all together: beyond it, those that hold more than their part have their fullest streams reset. */
export interface UnreadAccount {
  unreadBytes: number;
  readonly maxUnreadBytes: number;
  readonly linkCount: number;
}
