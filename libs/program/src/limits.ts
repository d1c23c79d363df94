/** Lines that wait for a slow reader of the log, some five thousand of them; what comes beyond is lost. */
export const LOG_QUEUE_MAX_BYTES = 1024 * 1024;

/** After a loss the queue takes lines again when it has shrunk to this, so that losses are reported in few pieces. */
export const LOG_QUEUE_RESUME_BYTES = LOG_QUEUE_MAX_BYTES / 2;

/** How long an exit waits for a slow reader of the log. */
export const LOG_FLUSH_LIMIT_MS = 500;

/**
 * A signal that comes sooner after the first is the same wish: npm passes on what the terminal or the supervisor has also sent
 * to the whole group, and a shell sends SIGHUP beside the kernel.
 */
export const SAME_WISH_MS = 1_000;

/** Within this a program ends whose end in order was cut short by a second signal or by its own limit. */
export const END_AT_ONCE_LIMIT_MS = 5_000;

/** How often a program that npm has started looks whether npm is still there. */
export const PARENT_CHECK_MS = 200;
