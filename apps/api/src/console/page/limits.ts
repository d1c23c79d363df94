/** Every bound of the viewer page, with its reason. `docs/limits.md` repeats them; a test compares the two. */
export const VIEWER_LIMITS = {
  /** Asked for in kbit/s. */
  bitrateMin: 2_000,
  bitrateMax: 20_000,
  /** One message of the server; offers are below 10 KiB. */
  messageMaxLength: 256 * 1024,
  /** Messages that wait for the peer connection, which takes them one by one. */
  messagesWaitingMax: 256,
  /** Candidates that wait for a description. */
  candidatesWaitingMax: 64,
  iceServersMax: 16,
  /** Input not yet sent on one channel; what is pointed at and typed into a stalled link is not for later. */
  inputBacklogMaxBytes: 64 * 1024,
  /** Positions older than a few hundred are history by the time that they arrive. */
  positionBacklogMaxBytes: 4 * 1024,
  /** Keys held down at once; more than any hand presses. */
  keysHeldMax: 32,
  /** Between the loss of a link that is known to have moved, and the first new attempt. */
  reconnectJitterMs: 300,
  reconnectMinMs: 500,
  reconnectMaxMs: 10_000,
  /** A stream that lasts this long makes the next loss a first one. */
  steadyMs: 10_000,
  /** Pairing with the host may take most of it before the first word. */
  firstWordMs: 95_000,
  /** After its last word a host closes at once, or not at all. */
  closePatienceMs: 3_000,
  /** An answer of the API. */
  requestMs: 30_000,
  /** As the API takes it. */
  clipboardMaxBytes: 20 * 1024 * 1024,
  tokenMaxLength: 8_192,
  activityIntervalMs: 60_000,
  statisticsIntervalMs: 1_000,
} as const;
