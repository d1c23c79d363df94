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
  /** A list of runners waits no longer for what the registry says of their hosts. */
  runnerHostsPatienceMs: 500,
  /** What OpenID Connect allows for a subject; longer ones are refused. */
  userIdMaxLength: 255,
  /** Longer texts are no key of ours. */
  tokenMaxLength: 512,
  /** Bodies of JSON, of every route that says nothing else. */
  jsonBodyMaxBytes: 64 * 1024,
  /** Members of all their objects together. */
  jsonBodyMaxKeys: 512,
  /** Objects, lists and what stands in them, all together. */
  jsonBodyMaxValues: 4_096,
  /** A new desktop brings a prompt of 100 000 characters, a command its arguments, and JSON may write a character with six bytes. */
  jsonLargeBodyMaxBytes: 1024 * 1024,
  /** A heartbeat tells of all containers of a host, some hundreds on a large one. */
  heartbeatBodyMaxBytes: 256 * 1024,
  heartbeatBodyMaxKeys: 8_192,
  heartbeatBodyMaxValues: 16_384,
  /** Times its limit that a body which is too long is read and dropped, so that the answer reaches its sender; then it is cut. */
  bodyDiscardFactor: 3,
  /** GPU vendors of which any will do: there are three or four. */
  gpuVendorsMax: 8,
  /** Ids of Helix's own objects on a session. */
  labelMaxLength: 200,
  pageSizeDefault: 50,
  /** A page is built in memory. */
  pageSizeMax: 200,
  pageMax: 1_000_000,
  /** How long a body of JSON may take to arrive; files have a deadline of their own, for silence. */
  bodyMaxMs: 10_000,
  /** How long 20 MiB for a clipboard may take: three megabits a second. */
  clipboardBodyMaxMs: 60_000,
  /** How long the rest of a body is still read and dropped once it was answered, so that the answer reaches its sender … */
  bodyLingerMs: 5_000,
  /** … and how much of it; callers who were let in may send more (`bodyDiscardFactor`). */
  bodyDrainMaxBytes: 256 * 1024,
  /** Address and headers of a request, as Node has it: a JWT and the cookies of a site fit. */
  headersMaxBytes: 16 * 1024,
  /** How long they may take, from the opening of the connection on. */
  headersMaxMs: 20_000,
  /** Between two looks for connections that took longer. */
  headersCheckMs: 5_000,
  /** Requests that wait behind others of their connection, below the listeners of which Node warns. */
  requestsAheadMax: 8,
  /** Between two lines of the log about connections that are dropped, because there are as many as may be. */
  droppedToldMs: 60_000,
  /** Unknown tokens of one address at once, before it is told to come later: of a building's programs whose keys have ended … */
  strangerAttemptsBurst: 200,
  /** … and so many more each second. Each is one question to the database. */
  strangerAttemptsPerS: 20,
  /** Lookups that wait for each other at an address without attempts, so that a valid token there is still found. */
  strangersWaitingMax: 32,
  /** Addresses whose attempts are counted; those not heard of for the longest are forgotten. */
  strangerAddressesMax: 10_000,
  /** How long a caller may read nothing of the answer before the connection is cut; until then the answer waits in memory. */
  answerStallMs: 30_000,
  /** How long a log that is followed may be quiet before something is sent, below the 60 s of load balancers. */
  logQuietMs: 15_000,
  /** How long a follower may read nothing before the connection is cut. */
  logDrainMs: 60_000,
  /** Longer than the idle time of the load balancers in front, so that they and not we end a kept connection. */
  keepAliveTimeoutMs: 75_000,
  /** Connections that the kernel may hold until they are taken: a fleet that comes back all at once must not wait for lost SYNs. */
  listenBacklogCount: 4_096,
  /** WebSockets of pages on one replica; each holds some tens of kilobytes. */
  socketsMaxCount: 10_000,
  /** Of one user: many tabs, and a page that reconnects in a loop is stopped. */
  socketsPerUserMaxCount: 64,
  /** WebSockets that wait to be let in. */
  socketsWaitingMaxCount: 1_024,
  /** One message of a page; none of them matters yet. */
  socketMessageMaxBytes: 64 * 1024,
  /** Not yet read by a page; one that lets more pile up is cut, and sees the present state when it comes back. */
  socketBacklogMaxBytes: 1024 * 1024,
  /** Between two checks that a page is there and its token still good. */
  socketCheckIntervalMs: 15_000,
  /** Dashboards ask for it every 5 s each, and it costs Wolf at least 100 ms of its one thread (wolf-api §1.5). */
  wolfHealthFreshMs: 5_000,
  /** As long as Wolf itself keeps what it measured. */
  wolfMemoryFreshMs: 2_000,
  /** The keyboard panel asks five times a second (helix-rest §7), and a key that is let go should be seen to be. */
  wolfKeyboardFreshMs: 400,
  /** Lobbies, sessions and apps, as several views of one page ask for them. */
  wolfListsFreshMs: 1_000,
  /** Several pages ask for it every 3 s each (helix-rest §4.4). */
  moonlightStatusFreshMs: 1_000,
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
  /** Probes of several load balancers cost one small write in this time. */
  readinessFreshMs: 1_000,
  /** Keys of one user, those of apps included; one for each machine and program. */
  keysPerUserMax: 100,
  /** Ten years: a key that should have no end is made without one. */
  keyLifeMaxS: 315_360_000,
  /** When a key was last used is known to the minute, so that keys in use cost one write in that time. */
  keyUseNotedMs: 60_000,
} as const;

/** How long the database may take, for what. Each wait ends well before a caller's patience, and a dead path is found within 15 s. */
export const DATABASE_LIMITS = {
  /** One attempt to connect, and the wait for a connection of the pool: a dead database must fail a request in seconds. */
  connectMs: 3_000,
  /** Waiting for a lock that another session holds; as long as placements wait for theirs. */
  lockMs: 5_000,
  /** One statement, locks included; PostgreSQL ends it. */
  statementMs: 8_000,
  /** No answer at all, when PostgreSQL would have given one by then: the connection is dead, and with it all that were not heard since. */
  silenceMs: 10_000,
  /** A transaction whose process hangs or is cut off holds its locks for so long. */
  idleInTransactionMs: 10_000,
  /** A peer that does not answer on TCP for so long is gone for PostgreSQL, and its locks are free. */
  peerSilenceMs: 15_000,
  /** One statement of a migration: an index on a large table. */
  migrationStatementMs: 600_000,
  /** Waiting for another replica that migrates. */
  migrationWaitMs: 900_000,
  /** Between two tries to be the one who migrates. */
  migrationPollMs: 250,
} as const;

/** Bounds of the connection that hears what other replicas change. */

/** One attempt to connect; a database that takes longer is tried again. */
export const NOTICE_CONNECT_MS = 3_000;

/** Before the first new attempt, doubled each time … */
export const NOTICE_RETRY_FIRST_MS = 250;

/** … up to this, less up to a half by chance, so that replicas do not all come at once. */
export const NOTICE_RETRY_LONGEST_MS = 10_000;

/** Between two proofs that the connection lives: what is lost in silence is noticed after this and the next. */
export const NOTICE_PULSE_MS = 4_000;

/** How long such a proof may take. */
export const NOTICE_PULSE_LIMIT_MS = 4_000;

/** Different ids that wait for one pass; with more of them, everything may have changed. */
export const NOTICE_IDS_MAX = 1_000;

/** Bounds of what is asked of the OIDC provider and of what its users bring. */

/** Providers that put groups into a token fill a few kilobytes; Node itself takes 16 KiB of headers. */
export const JWT_MAX_LENGTH = 8_192;

/** Clocks of the provider and of this machine differ by seconds. */
export const CLOCK_TOLERANCE_S = 30;

/** Discovery and keys; a provider that takes longer is away. */
export const PROVIDER_LIMIT_MS = 5_000;

/** Discovery and keys are a few kilobytes. */
export const PROVIDER_ANSWER_MAX_BYTES = 262_144;

/** Between two questions to the provider, so that no token makes this replica flood it. */
export const PROVIDER_COOLDOWN_MS = 5_000;

/** Keys older than this are fetched again, beside the requests: what the provider took back counts no longer then. */
export const PROVIDER_KEYS_FRESH_MS = 600_000;

/** While the provider is away, its keys count for this long. */
export const PROVIDER_KEYS_STALE_MS = 86_400_000;

/** Tokens whose signature was checked lately, so that polling costs no signature each time. */
export const VERIFIED_TOKENS_MAX = 20_000;

/** After this the signature of a token is checked again, in case its key was taken back. */
export const VERIFIED_TOKEN_FRESH_MS = 300_000;
