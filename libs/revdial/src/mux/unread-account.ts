/** What several links may hold unread, all together; the link on which more comes has its fullest stream reset. */
export interface UnreadAccount {
  unreadBytes: number;
  readonly maxUnreadBytes: number;
}
