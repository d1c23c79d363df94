/** Every bound of the simulated Wolf. The real one has next to none; these keep a faulty test from eating the machine. */

/** Longest header block of a request. Clients send some 200 bytes. */
export const REQUEST_HEADER_MAX_BYTES = 64 * 1024;
/** Longest request body; a create with a full environment is a few KiB. */
export const REQUEST_BODY_MAX_BYTES = 16 * 1024 * 1024;
/** Requests that wait for the one thread. */
export const QUEUE_MAX_COUNT = 10_000;
/** Connections at once, event listeners included. */
export const CONNECTIONS_MAX_COUNT = 4096;
/** Events that a listener may leave unread before it is cut. */
export const LISTENER_BACKLOG_MAX_BYTES = 16 * 1024 * 1024;
/** A frame of the events' `oversized` fault: above what any reader should keep. */
export const OVERSIZED_FRAME_BYTES = 4 * 1024 * 1024;
/** Body of the `oversized` fault: above what any client should accept. */
export const OVERSIZED_BODY_BYTES = 64 * 1024 * 1024;
/** Pause of the API loop after an exception that it survives (wolf-api §2.3). */
export const EXCEPTION_PAUSE_MS = 100;
/** `:keepalive` of the event stream (wolf-api §5.1). */
export const KEEP_ALIVE_INTERVAL_MS = 15_000;
/** A session without a control packet for longer ends, looked at this often (wolf-api §4.1). */
export const SESSION_IDLE_LIMIT_MS = 60_000;
export const SESSION_REAP_INTERVAL_MS = 10_000;
/** How long after a stop the runner's thread notices that its container is gone (wolf-api §5.2: within about a second). */
export const SECOND_STOP_DELAY_MS = 400;
/** What a health call costs at the least (wolf-api §1.5). */
export const HEALTH_CALL_MS = 100;
/** What a card is in use with before the first desktop. */
export const GPU_IDLE_MEMORY_MB = 1116;
/** Threads that the health report can tell as stuck; each is some 200 bytes of it. */
export const STUCK_THREADS_MAX_COUNT = 1_000;
