/** Every bound of the REST edge, with its reason. `docs/limits.md` repeats them; a test compares the two. */
export const API_LIMITS = {
  /** Keys remembered by one replica; 20 000 desktops and their viewers fit. */
  keysRemembered: 50_000,
  /** A key revoked on another replica is refused here after this. */
  keyFreshMs: 5_000,
  /** While PostgreSQL is away a known key counts for this long. */
  keyStaleMs: 10 * 60_000,
  /** A database that takes longer is in trouble, and callers it knew a moment ago do not wait for it. */
  keyPatienceMs: 500,
  /** Longer texts are no token of ours and are not worth a hash. */
  tokenMaxLength: 512,
  /** Bodies of JSON; the clipboard, which may be larger, is read by its own route. */
  jsonBodyMaxBytes: 1024 * 1024,
  /** Times its limit that a body which is too long is read and dropped, so that the answer reaches its sender; then it is cut. */
  bodyDiscardFactor: 3,
  /** Objects within objects; deeper ones are nobody's honest body. */
  bodyMaxDepth: 32,
  /** Ids of Helix's own objects on a session. */
  labelMaxLength: 200,
  pageSizeDefault: 50,
  /** A page is built in memory. */
  pageSizeMax: 200,
  pageMax: 1_000_000,
  /** Longer than the idle time of the load balancers in front, so that they and not we end a kept connection. */
  keepAliveTimeoutMs: 75_000,
  /** Dashboards ask for it every 5 s each, and it costs Wolf at least 100 ms of its one thread (wolf-api §1.5). */
  wolfHealthFreshMs: 5_000,
  /** As long as Wolf itself keeps what it measured. */
  wolfMemoryFreshMs: 2_000,
  /** The keyboard panel asks five times a second (helix-rest §7), and a key that is let go should be seen to be. */
  wolfKeyboardFreshMs: 400,
  /** Lobbies, sessions and apps, as several views of one page ask for them. */
  wolfListsFreshMs: 1_000,
  /** Answers of each kind that are kept; one for each host. */
  wolfAnswersRemembered: 1_024,
  /** A view is drawn without the part that takes longer. */
  wolfAnswerTimeoutMs: 10_000,
  /** Hosts that are asked at once when all are asked. */
  wolfFanOutMax: 16,
  /** Streams of Wolf's events to admins. Each is a connection that stays. */
  eventStreamsMax: 64,
  /** Events are a few hundred bytes; who leaves thousands unread is not reading. */
  eventStreamBacklogMaxBytes: 256 * 1024,
  /** As Wolf's own; proxies take a silent stream for a dead one. */
  eventStreamKeepAliveMs: 15_000,
  /** Readiness is asked for every few seconds and must not wait for a database that hangs. */
  readinessTimeoutMs: 900,
} as const;
