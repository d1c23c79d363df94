/**
 * Every number that bounds what a peer or a caller can make this library hold, each with its reason. `RevDialOptions`
 * overrides the ones that an operator or a fast test wants different.
 */

/** One control line with its newline (revdial-wire §2): the Go clients read lines through a buffer of this size. */
export const CONTROL_LINE_MAX_BYTES = 4096;

/** A line that is not finished by then is a stuck or hostile peer: a whole line is at most one TCP segment or three. */
export const CONTROL_LINE_MAX_AGE_MS = 10_000;

/** Text of `err` in `pickup-failed`, in UTF-16 units. Escaped as `\u0000` it is six times as long and still fits a line. */
export const PICKUP_ERROR_MAX_LENGTH = 512;

/** One WebSocket message on a control link: a handful of lines. */
export const CONTROL_MESSAGE_MAX_BYTES = 64 * 1024;

/**
 * One frame on a data connection. Clients send what one read gave them (32 to 64 KiB), or a whole picture at once. Nothing
 * is collected, so this holds no memory; what is longer is a broken length rather than bytes.
 */
export const DATA_FRAME_IN_MAX_BYTES = 4 * 1024 * 1024;

/** One frame to a runner, which may hold a whole one in memory: the longest whose length fits the short header. */
export const DATA_FRAME_OUT_MAX_BYTES = 64 * 1024 - 1;

/** Writes up to this are copied behind their header, which costs less than a second buffer in the same system call. */
export const FRAME_COPY_MAX_BYTES = 4096;

/** Bytes of ours that a peer has not read: with more, its pings stay unanswered, so that pongs do not pile up. */
export const PONG_UNSENT_MAX_BYTES = 64 * 1024;

/** How much a stream reads ahead of its consumer: a few reads of a socket, so that bulk is not stopped at each. */
export const STREAM_HIGH_WATER_MARK_BYTES = 256 * 1024;

/** How long a stream that the far side has cut waits for its reader to take what had come: a slow reader's pause, not a forgotten stream. */
export const CUT_STREAM_READ_LIMIT_MS = 30_000;

/** How long an ended data connection may wait for the other side's close frame before it is cut. */
export const WEBSOCKET_CLOSE_TIMEOUT_MS = 2_000;

/** API → runner, revdial-wire §2: at least every 18 s; three seconds are left for a busy event loop. */
export const KEEP_ALIVE_INTERVAL_MS = 15_000;

/** The same for runners that answer: three of these are the 15 s within which their loss is noticed. */
export const ANSWERED_KEEP_ALIVE_INTERVAL_MS = 5_000;

/** Keep-alives in a row that such a runner may leave unanswered; when the next is due, it is dead. */
export const KEEP_ALIVES_MISSED_MAX_COUNT = 2;

/** Keep-alives beyond the regular ones by which a probe finds out whether a runner answers them. The Go clients do not. */
export const PROBE_TRIALS_MAX_COUNT = 3;

/** A WebSocket link that has given no sign of life for so long is dead: two of its pings or pongs were missed. */
export const LINK_SILENCE_LIMIT_MS = 35_000;

/** First probe of TCP on a quiet hijacked link, and on data connections; Node then probes each second, ten times. */
export const TCP_KEEP_ALIVE_DELAY_MS = 20_000;

/**
 * Control bytes the kernel has not taken yet. 64 unanswered `conn-ready` lines are 8 KiB; a peer that lets eight times
 * that pile up does not read.
 */
export const CONTROL_UNSENT_MAX_BYTES = 64 * 1024;

/** Dials in a row that a hijacked runner left unanswered for a whole pick-up time each: then its link is dead. */
export const UNANSWERED_DIALS_BEFORE_SILENT = 2;

/** Pick-up limit of the clients themselves (revdial-wire §2): past it, no answer means that the client is gone. */
export const CLIENT_PICK_UP_LIMIT_MS = 20_000;

/**
 * The lost-first-bytes trap of hijacked links (revdial-wire §2): the head travels alone, then a keep-alive that may be
 * lost, and nothing that matters before 200 ms.
 */
export const SACRIFICIAL_KEEP_ALIVE_DELAY_MS = 40;
export const FIRST_COMMAND_DELAY_MS = 250;

/** A dial that was not picked up. Above the clients' own 20 s plus a handshake of 10 s, so that the runner gives up first. */
export const DIAL_TIMEOUT_MS = 30_000;

/** Dials of one link that wait for their pick-up, announced or not: 200 at once are normal, this is five times that. */
export const LINK_PENDING_DIALS_MAX_COUNT = 1024;

/** `conn-ready` lines without an answer. The Go clients queue eight connections; more only wait at the other end. */
export const LINK_UNANSWERED_DIALS_MAX_COUNT = 64;

/** How long streams outlive a control connection that was lost or superseded: most answers take less. */
export const ORPHANED_STREAM_GRACE_MS = 5_000;

/** How long an orderly end of a hijacked socket may take before it is cut. */
export const SOCKET_CLOSE_TIMEOUT_MS = 1_000;

/** Bytes that a refused peer may still send while the answer reaches it; then it is cut. */
export const REFUSED_BYTES_MAX_BYTES = 256 * 1024;

/** Bytes a peer may send before it has been let in. Clients wait for the answer, so honest ones send none. */
export const EARLY_BYTES_MAX_BYTES = 16 * 1024;

/** How long the authorizer may take before the peer is told to come back later. */
export const ADMISSION_TIMEOUT_MS = 10_000;

/** Peers waiting to be let in at once: a reconnect storm of a whole replica's links queues in the kernel beyond this. */
export const ADMISSION_MAX_COUNT = 4096;

/** `Retry-After` of a refusal for now. Clients have their own back-off; this is its floor. */
export const RETRY_AFTER_SECONDS = 2;

/** Dials to a runner wait so long for its link to come back (issue: 30 s). */
export const GRACE_MS = 30_000;

/** Dials that wait for one runner to come back; more would only pile up behind a host that is gone. */
export const RUNNER_WAITING_DIALS_MAX_COUNT = 100;

/**
 * Runners seen by one replica, connected or in grace: twice the links one replica is meant to hold. As many again may be expected
 * after its start; they take no room from those that come.
 */
export const RUNNERS_MAX_COUNT = 20_000;

/** Kept streams of one runner. A desktop's screenshot server or Wolf is one process; 32 keep it busy without crowding it. */
export const RUNNER_STREAMS_MAX_COUNT = 32;

/** Requests that wait for one of them: a burst of viewers, some seconds of work. */
export const RUNNER_QUEUED_REQUESTS_MAX_COUNT = 512;

/** HTTP streams of this replica: each is a socket, and the usual limit of open files is some tens of thousands. */
export const HTTP_STREAMS_MAX_COUNT = 16_384;

/** Below the 60 s after which load balancers cut idle connections, above the pace at which screens are polled. */
export const STREAM_IDLE_LIMIT_MS = 30_000;

/** How long a request waits for a free stream. */
export const REQUEST_QUEUE_TIMEOUT_MS = 30_000;

/** How long the runner may take to pick up a stream for a request. */
export const REQUEST_CONNECT_TIMEOUT_MS = 10_000;

/** Interim answers (1xx) before an answer, all together: some heads. What is beyond them is taken for a faulty answer. */
export const INTERIM_ANSWERS_MAX_BYTES = 16 * 1024;

/** From the request's last byte to the answer's head. */
export const REQUEST_HEADERS_TIMEOUT_MS = 30_000;

/** Silence between two pieces of an answer, or of a request whose body is a stream. */
export const REQUEST_BODY_TIMEOUT_MS = 30_000;

/** Links of generation 3 of one principal: all hosts of a fleet have one token, and this is half of what one replica knows. */
export const PRINCIPAL_LINKS_MAX_COUNT = 10_000;

/** Streams to the runners of one principal over multiplexed links: as many as HTTP may have in all, and viewers beside it. */
export const PRINCIPAL_STREAMS_MAX_COUNT = 32_768;

/** Unread bytes of all links of one principal: eight links' worth, for readers are never slow on all hosts at once. */
export const PRINCIPAL_UNREAD_MAX_BYTES = 512 * 1024 * 1024;

/** Runner ids of one link of generation 3: a GPU host has three and some tens of desktops. */
export const LINK_RUNNERS_MAX_COUNT = 64;

/** Unread bytes of all streams of one link, at the API: thirty screenshots and as many uploads whose readers are slow. */
export const MULTIPLEXED_UNREAD_MAX_BYTES = 64 * 1024 * 1024;

/** Links that were superseded of late: the agents of a small fleet that come back for theirs. */
export const SUPERSEDED_LINKS_MAX_COUNT = 1_024;

/** How long a link of generation 3 that ends in order may take until its agent has acknowledged everything. */
export const MULTIPLEXED_CLOSE_LIMIT_MS = 2_000;

/** New links a second that are let in, of all generations: a fleet of ten thousand is back in ten seconds where the machine has the time. */
export const NEW_LINKS_PER_SECOND = 1_000;

/** New links that are let in at once: small fleets never notice. */
export const NEW_LINKS_BURST_COUNT = 2_000;

/** What resuming a link costs of it: nothing is dialed again, no row is written. */
export const RESUMED_LINK_COST = 0.1;

/** Longest `Retry-After` of a link that comes in a storm: a later request gets a new one. */
export const STORM_RETRY_AFTER_MAX_SECONDS = 30;

/** Objects within objects of foreign JSON; no honest text has deeper ones. */
export const FOREIGN_JSON_MAX_DEPTH = 32;

/** How much of a long text is looked at before others have their turn: about a millisecond. */
export const FOREIGN_JSON_SLICE_BYTES = 256 * 1024;

/** How much of one, its long strings left out, is parsed without a pause: a few milliseconds, some tens where nothing in it is ASCII. */
export const FOREIGN_JSON_AT_ONCE_MAX_BYTES = 1024 * 1024;

/** Lines of `HELIX_TRACE` a second: enough to follow a link by eye, too few to fill a disk or hold up the event loop. */
export const TRACE_LINES_PER_SECOND = 500;

/** Lines about one runner that breaks the rules. */
export const VIOLATION_LOG_EVERY_MS = 60_000;

/** Runners of which it is remembered that such a line was written. */
export const VIOLATION_LOG_RUNNERS_MAX_COUNT = 1_024;

/** A link that seems to stand is silent for 4.5 s, and then away: what stands after this was alive when another machine asked. */
export const MACHINE_PROOF_MS = 5_000;

/** Lines and notices about another machine that asks for a runner. */
export const MACHINE_TOLD_EVERY_MS = 60_000;
