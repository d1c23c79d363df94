/** Every bound of the simulator outside `wolf/`, each with its reason. */

/** A picture changes at most ten times a second, so that a burst of requests shares one encoding. */
export const FRAME_INTERVAL_MS = 100;

/** Pictures whose hashes `/__simulator/served` can still tell: six seconds of polling at the frame rate. */
export const SERVED_PICTURES_COUNT = 64;

/** A clipboard of more than this is a file transfer, which the screenshot server is not for. */
export const CLIPBOARD_MAX_BYTES = 1024 * 1024;

/** Control requests are a few words of JSON. */
export const CONTROL_BODY_MAX_BYTES = 64 * 1024;

/** An encoded JPEG is reused for this long: encoding 8 megapixels in JavaScript takes about as much. */
export const JPEG_REUSE_MS = 1000;

/** Qualities kept or encoded at once. A viewer adapts through nine of them (helix-rest §3.3). */
export const JPEG_QUALITIES_COUNT = 16;

/** The encoder thread holds some 100 MB; it ends after this long without a request. */
export const JPEG_WORKER_IDLE_MS = 10_000;

/** What the `endless` fault sends before it ends after all. */
export const ENDLESS_BODY_BYTES = 1024 * 1024 * 1024;

/** Delay of the `slow` fault when none is given: longer than a person waits, shorter than any deadline. */
export const SLOW_DEFAULT_MS = 2000;

/** Connections one screenshot server holds: far above one pool for each viewer, below the descriptor limit. */
export const DESKTOP_CONNECTIONS_COUNT = 1024;

/** Desktops one host starts: ten times what a real GPU carries (wolf-api §4.5); each is two processes. */
export const DESKTOPS_COUNT = 200;

/** A process that was asked to end has this long before it is killed. */
export const KILL_AFTER_MS = 2000;

/** A desktop that has not opened its port by then is given up. */
export const DESKTOP_READY_MS = 30_000;

/** A line of a child's output longer than this is cut: it is logged, not parsed. */
export const CHILD_LINE_MAX_BYTES = 16 * 1024;

/** The host's start script restarts its agent after 2 s (helix-rest §6.3). */
export const AGENT_RESTART_MS = 2000;

/** A crashed Wolf that the command line asked for is back after this, as its supervisor restarts it (helix-rest §6.3). */
export const WOLF_RESTART_MS = 3000;

/** Heartbeats go out this often (helix-rest §4.1). */
export const HEARTBEAT_INTERVAL_MS = 30_000;

/** The real daemon's limit for one heartbeat (helix-rest §4.1). */
export const HEARTBEAT_TIMEOUT_MS = 10_000;

/** Until the first accepted heartbeat the daemon tries this often, as the host registers through its tunnel. */
export const HEARTBEAT_RETRY_MS = 1000;

/** Bytes the relay holds for one direction while it delays or stalls a connection. */
export const RELAY_QUEUE_MAX_BYTES = 1024 * 1024;

/** Connections one relay carries: 32 streams for each of some 30 runners. */
export const RELAY_CONNECTIONS_COUNT = 1024;

/** Relays of one host: one for each API address that desktops are given. */
export const RELAYS_COUNT = 8;

/** A file for a desktop: above the API's own limit, so that the API's is what callers meet. */
export const UPLOAD_MAX_BYTES = 600 * 1024 * 1024;

/** Files that one desktop takes in its life. */
export const UPLOADS_COUNT = 64;

/** Commands that one desktop runs at once. */
export const COMMANDS_COUNT = 32;

/** Output of one command: more than the API passes on, so that it is the API that cuts. */
export const COMMAND_OUTPUT_MAX_BYTES = 4 * 1024 * 1024;

/** Lines of its own log that a desktop remembers. */
export const LOG_LINES_COUNT = 10_000;

/** Clients that follow one desktop's log at once. */
export const LOG_FOLLOWERS_COUNT = 32;

/** What a follower may leave unread. */
export const LOG_UNSENT_MAX_BYTES = 4 * 1024 * 1024;

/** Memory of a simulated card: the largest of 2025. */
export const GPU_MEMORY_MB = 98_304;

/** What its hosts have at least for each slot: what a desktop takes there, and what it is reckoned with at placement. */
export const GPU_MEMORY_PER_SLOT_MB = 3_072;
