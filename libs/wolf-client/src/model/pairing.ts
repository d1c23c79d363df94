/** A Moonlight client that waits for its PIN (wolf-api §3.6). */
export interface PendingPairing {
  /** Names the request when it is answered. */
  readonly pairSecret: string;
  readonly clientIp: string;
}

export interface PairClientRequest {
  readonly pairSecret: string;
  /** Four digits, as a string: the one PIN that is no list of numbers. */
  readonly pin: string;
}
