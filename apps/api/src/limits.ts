/** Every bound of the REST edge, with its reason. `docs/limits.md` repeats them; a test compares the two. */
export const API_LIMITS = {
  /** Keys remembered by one replica; 20 000 desktops and their viewers fit. */
  keysRemembered: 50_000,
  /** A key revoked on another replica is refused here after this, should its announcement be lost. */
  keyFreshMs: 5_000,
  /** While PostgreSQL is away a known key counts for this long. */
  keyStaleMs: 10 * 60_000,
  /** A database that takes longer is in trouble, and callers it knew a moment ago do not wait for it. */
  keyPatienceMs: 500,
  /** Longer texts are no key of ours. */
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
  /** Readiness is asked for every few seconds and must not wait for a database that hangs. */
  readinessTimeoutMs: 900,
  /** Keys of one user, those of apps included; one for each of his machines and programs. */
  keysPerUserMax: 100,
  /** Ten years: a key that should have no end is made without one. */
  keyLifeMaxS: 315_360_000,
  /** When a key was last used is known to the minute, so that keys in use cost one write in that time. */
  keyUseNotedMs: 60_000,
} as const;
