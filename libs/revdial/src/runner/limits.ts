/** Every bound and wait of the runner's end, each with its reason. Times are defaults; `RunnerTimings` replaces them. */

/** A response head of an API or a proxy is some hundred bytes; Node's own parser accepts 16 KiB. */
export const RESPONSE_HEAD_MAX_BYTES = 16 * 1024;

/** Enough of a refusal's body to tell our API's words from those of something in between. */
export const REFUSAL_BODY_MAX_BYTES = 512;

/** A refusal's body comes with its head or not at all. */
export const REFUSAL_BODY_WAIT_MS = 500;

/** Pick-ups under way at once for one runner: each costs a TCP, perhaps a TLS and a WebSocket handshake. */
export const PICKUPS_AT_ONCE_COUNT = 64;

/** Pick-ups that wait for their turn: as many as the API keeps dials waiting for one link. */
export const PICKUPS_WAITING_COUNT = 1024;

/** Streams open at once for one runner. The API pools tens of them; the rest is room for long-lived ones. */
export const STREAMS_PER_RUNNER_COUNT = 1024;

/** Unsent control bytes at which the API has plainly stopped reading: 64 answers of the greatest size. */
export const CONTROL_QUEUE_MAX_BYTES = 256 * 1024;

/** A peer that does not answer a goodbye is not waited for: the process that says it is being stopped. */
export const GOODBYE_LIMIT_MS = 1_000;

/** Control messages of the API are lines of at most 4096 bytes; a frame may hold several. */
export const CONTROL_FRAME_MAX_BYTES = 64 * 1024;

/** Frames are as big as what the API's side wrote at once; a WebSocket holds a whole frame in memory before it gives it. */
export const DATA_FRAME_MAX_BYTES = 16 * 1024 * 1024;

/** Bytes queued towards the API at which the local service is no longer read: four reads of 64 KiB. */
export const STREAM_QUEUE_HIGH_BYTES = 256 * 1024;

/** Longest obedience to one Retry-After, so that a nonsense value does not take a host away for a day. */
export const RETRY_AFTER_MAX_MS = 5 * 60_000;

/** Runner ids in one request of generation 3: its URL stays under 8 KiB, and a host has four. */
export const RUNNERS_PER_LINK_COUNT = 64;

/** Links that an API asked us to leave and that still finish streams. More at once mean an API that asks in a circle. */
export const RETIRING_LINKS_COUNT = 4;

/** Longest time between two moves to the upgraded socket that turned out to carry nothing: each costs the streams a pause. */
export const MOVE_UP_MAX_MS = 6 * 3_600_000;

/** Longest time that a server can give its agents to move. */
export const DRAIN_MAX_MS = 10 * 60_000;

/** A server that drains asks all of its agents at once: they move spread over at most this long. */
export const MOVE_SPREAD_MAX_MS = 5_000;

/** A token file holds one token; API keys and signed tokens stay far below. */
export const TOKEN_FILE_MAX_BYTES = 16 * 1024;

export interface RunnerTimings {
  /** TCP, proxy and TLS together. */
  readonly connectTimeoutMs: number;
  /** From the request to the end of the response head: clients of all generations wait 10 s (revdial-wire §2). */
  readonly handshakeTimeoutMs: number;
  /** From a hijack's head to its first line; the API sends one at once, what is in between may hold it back. */
  readonly firstLineTimeoutMs: number;
  /** A hijacked link hears from the API every 18 s at the latest; 45 s is two of them missed and some. */
  readonly hijackSilenceLimitMs: number;
  /** Keep-alives on a hijacked link are answered from then on: before, an API's side of the hijack may not be settled. */
  readonly keepAliveAnswerDelayMs: number;
  /** Under the 60 s after which load balancers cut idle connections (revdial-wire §3). */
  readonly pingIntervalMs: number;
  /** Four pings unanswered (revdial-wire §3). */
  readonly websocketSilenceLimitMs: number;
  /** From conn-ready to the piped stream (revdial-wire §2). */
  readonly pickUpTimeoutMs: number;
  /** The local service is on this machine; what does not answer in 5 s is down (revdial-wire §2). */
  readonly localDialTimeoutMs: number;
  /** How long received bytes may take to reach a local service that reads slowly, after the API has closed. */
  readonly flushTimeoutMs: number;
  /** An idle data connection is pinged this often, so that nothing in between cuts it after 60 s. */
  readonly streamPingIntervalMs: number;
  /** A link that stood this long was useful, and the next loss starts the backoff again. */
  readonly usefulLinkMs: number;
  /** One that carried a stream was useful when it stood this long: a healthy agent's first pictures take less. */
  readonly usefulCarrierMs: number;
  /** After a newer link of the same runner took over: this long and up to as long again, by chance. */
  readonly supersededWaitMs: number;
  /** A link that a WebSocket carries asks for the upgraded socket so soon after it stands: the API may just have come back… */
  readonly moveUpFirstMs: number;
  /** …and then this often: what is in between may have been mended. */
  readonly moveUpEveryMs: number;
  /** Answer to a move to the upgraded socket, while the streams wait. */
  readonly moveUpHandshakeMs: number;
  /** First window of the full jitter: the first retry comes within it. */
  readonly backoffBaseMs: number;
  /** An API that restarts is back in seconds: while an outage is young no retry waits longer than this… */
  readonly backoffEarlyCapMs: number;
  /** …and this is how long it is young. */
  readonly earlyOutageMs: number;
  /** Greatest window of the backoff. */
  readonly backoffCapMs: number;
}

export const RUNNER_TIMINGS: RunnerTimings = {
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  firstLineTimeoutMs: 10_000,
  hijackSilenceLimitMs: 45_000,
  keepAliveAnswerDelayMs: 200,
  pingIntervalMs: 15_000,
  websocketSilenceLimitMs: 60_000,
  pickUpTimeoutMs: 20_000,
  localDialTimeoutMs: 5_000,
  flushTimeoutMs: 5_000,
  streamPingIntervalMs: 25_000,
  usefulLinkMs: 10_000,
  usefulCarrierMs: 2_000,
  supersededWaitMs: 5_000,
  moveUpFirstMs: 10_000,
  moveUpEveryMs: 5 * 60_000,
  moveUpHandshakeMs: 2_000,
  backoffBaseMs: 200,
  backoffEarlyCapMs: 4_000,
  earlyOutageMs: 60_000,
  backoffCapMs: 30_000,
};
