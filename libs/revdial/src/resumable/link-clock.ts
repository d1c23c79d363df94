/** A link under a clock's watch. */
export interface WatchedLink {
  /** Regularly: who is silent, and who waits for too long? */
  onTurn(nowMs: number): void;
  /** The delay of an ACK is over. */
  onAckDue(): void;
}

/** The time of many links, with one timer for all of them. */
export interface LinkClock {
  /** Milliseconds, of every clock: by these round trips are measured. */
  readonly realMs: number;
  /** Milliseconds in which this process could have heard its peers: stands still while the event loop is blocked. */
  readonly nowMs: number;
  watch(link: WatchedLink): void;
  unwatch(link: WatchedLink): void;
  /** Calls `onAckDue` once, after the delay of ACKs. */
  acknowledgeLater(link: WatchedLink): void;
}
