/** From launching the server to its first answer. A start takes under a second; replaying WAL after a crash takes longer. */
export const READY_LIMIT_MS = 60_000;

/** initdb takes about a second; a slow disk with fsync needs some more. */
export const INITDB_LIMIT_MS = 120_000;

/** Between two questions "are you ready". */
export const READY_POLL_MS = 40;

/** One connection attempt on the loopback. */
export const CONNECT_LIMIT_MS = 3_000;

/** A launch is repeated when the port was taken meanwhile, or a dying predecessor still held its shared memory. */
export const LAUNCH_ATTEMPTS = 6;

/** Pause between launches; doubles, so the six attempts span about six seconds. */
export const LAUNCH_PAUSE_MS = 200;

/** Fast shutdown writes one checkpoint; then the immediate one, which the next start recovers from; then SIGKILL. */
export const STOP_FAST_LIMIT_MS = 15_000;
export const STOP_IMMEDIATE_LIMIT_MS = 5_000;
export const STOP_KILL_LIMIT_MS = 5_000;

/** A pid file that makes no sense may be one that is just being written; it is believed after staying the same this long. */
export const PID_FILE_SETTLE_MS = 300;

/** How much of the server's log an error message carries. */
export const LOG_TAIL_BYTES = 4_096;

/** A log larger than this is set aside (one older copy is kept) at the next start. */
export const LOG_ROTATE_BYTES = 10 * 1024 * 1024;

/** API pools of a few replicas, or of two Jest workers, fit; each idle slot costs little. */
export const MAX_CONNECTIONS = 200;

/** Small programs (`id`, `sh`, `ps`) that answer at once. */
export const PROBE_LIMIT_MS = 5_000;
