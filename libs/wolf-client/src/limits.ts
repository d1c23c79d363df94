/** Everything that Wolf, or a caller, could let grow; each number with its reason. */

/** Longest answer that is read. A list of 100 lobbies, each with the largest environment that a caller may give it, has 4 MB. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Keys of all objects in an answer or event. A list of 1000 lobbies has no more, and 50 000 are parsed in some 10 ms. */
export const MAX_JSON_KEYS = 50_000;

/** Objects, lists and what stands in them, in an answer or event: those lobbies with an environment of fifty entries each. */
export const MAX_JSON_VALUES = 100_000;

/** Longest header block of an answer. Wolf sends one status line and one header; Node's own default is the double. */
export const MAX_ANSWER_HEADER_BYTES = 8 * 1024;

/** Longest request body. A create with a full environment is a few KiB; Wolf itself would read anything. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** Longest single string of a request. Linux refuses a longer environment string to a container. */
export const MAX_STRING_LENGTH = 128 * 1024;

/** Most entries of each of the runner's lists. Far above what a desktop needs, low enough to spare Wolf's one thread. */
export const MAX_RUNNER_LIST_COUNT = 1024;

/** Most elements of a list in an answer. No GPU serves a hundredth of it; and each is checked for its shape. */
export const MAX_LISTED_COUNT = 10_000;

/** Widest and highest display that is sent. Wolf checks nothing and fails silently; encoders end at 8192. */
export const MAX_DISPLAY_PIXELS = 8192;

/** Fastest display that is sent; above it no encoder follows. */
export const MAX_REFRESH_RATE_HZ = 360;

/**
 * Longest error text of Wolf that is quoted. Longer ones are a parser's list of faults; the first lines tell enough.
 */
export const MAX_QUOTED_TEXT_LENGTH = 200;

/** Clients that a factory remembers. They are small; the bound is against ids made up by a caller. */
export const MAX_CACHED_CLIENT_COUNT = 4096;

/**
 * Limits of whole calls: dial, request and answer. Wolf is one thread, so any call may wait behind a create, which takes
 * up to 20 s (wolf-api §1.5).
 */
export const CREATE_LIMIT_MS = 60_000;
/** Docker gets 2 s of grace and its own time, and a create may stand in front. */
export const STOP_LIMIT_MS = 30_000;
export const CALL_LIMIT_MS = 20_000;
/** Longest limit that a caller may ask for. No call takes an hour: a longer one is a wrong unit. */
export const MAX_CALL_LIMIT_MS = 3_600_000;

/** Longest secret of a pairing request. Wolf's have 16 characters. */
export const MAX_PAIR_SECRET_LENGTH = 200;

/** Answered secrets that are remembered for each Wolf. At most one waits for each client address. */
export const MAX_ANSWERED_SECRET_COUNT = 1024;

/** Longest event that is read. One that tells of a lobby repeats its whole environment. */
export const MAX_EVENT_FRAME_BYTES = 1024 * 1024;

/** Silence after which a stream of events is given up: Wolf says something each 15 s, but not while it is busy (wolf-api §1.5). */
export const EVENT_SILENCE_LIMIT_MS = 45_000;

/** Pause between two listings of a watch: a burst of events, such as a stop's, costs Wolf's one thread two of them. */
export const WATCH_PAUSE_MS = 150;

/** Age at which a watch that follows the events lists again all the same: events are lost when Wolf is in trouble. */
export const WATCH_RELIST_MS = 60_000;

/** The same while it follows none, or its last listing failed. */
export const WATCH_UNFOLLOWED_RELIST_MS = 10_000;

/** First and longest wait of a watch before it asks for the events again, each cut by a random factor. */
export const WATCH_RETRY_MIN_MS = 500;
export const WATCH_RETRY_MAX_MS = 30_000;

/** Watches of one process, one for each Wolf. Far above the hosts of one replica; the bound is against made-up ids. */
export const MAX_WATCH_COUNT = 4096;
