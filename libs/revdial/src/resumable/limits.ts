/** What a resumable link buffers and waits for, each with its reason. */

/** One DATA record: no more stands between a PING and the wire. */
export const DATA_RECORD_MAX_BYTES = 128 * 1024;

/** The longest payload of any record: a whole DATA record and eight bytes that a later version may put before it. */
export const RECORD_PAYLOAD_MAX_BYTES = 128 * 1024 + 8;

/** Text of a CLOSE record, in UTF-8 bytes: a reason, not a story. */
export const CLOSE_REASON_MAX_BYTES = 255;

/**
 * Bytes of one direction that were sent and are not acknowledged. The sender keeps them for a replay; a receiver that does not
 * deliver holds as many, and more than that is a fault of its peer.
 */
export const REPLAY_MAX_BYTES = 16 * 1024 * 1024;

/** Smaller pieces of a larger buffer are copied into the replay buffer, so that they do not hold all of it. */
export const REPLAY_COPY_MAX_BYTES = 1024;

/** Held pieces of a paused link are packed into pages of this size when they are small, so that they cost what they weigh. */
export const HELD_PAGE_BYTES = 16 * 1024;

/** Newly received bytes after which an ACK leaves at once: half of the smallest in-flight limit. */
export const ACK_EVERY_BYTES = 32 * 1024;

/** From the first byte that is not acknowledged to its ACK: an answer that carries it usually leaves before. */
export const ACK_DELAY_MS = 20;

/** In-flight limit of a new carrier: what 100 Mbit/s carry in 20 ms. */
export const IN_FLIGHT_START_BYTES = 256 * 1024;

/** Its least: two ACKs' worth, so that one is always on its way. */
export const IN_FLIGHT_MIN_BYTES = 64 * 1024;

/** Its most: everything that is kept for a replay. */
export const IN_FLIGHT_MAX_BYTES = REPLAY_MAX_BYTES;

/** Bytes that a writer is asked for at once on the slowest path: one short frame of the multiplexer. */
export const WRITE_AT_ONCE_MIN_BYTES = 16 * 1024;

/** The time of sending is noted for each so many bytes: of all that may be under way, two thousand times a carrier. */
export const SEND_TIME_EVERY_BYTES = 4096;

/** A least round trip is believed for so long; then one is measured again on an almost empty path. */
export const LEAST_ROUND_TRIP_AGE_MS = 10_000;

/** How often the shared timer looks at all links: a tenth of what separates a slow peer from a dead one. */
export const LINK_TURN_MS = 250;

/** A turn later than this means that this process was busy and could not read from any peer. */
export const LINK_TURN_LATE_MS = 500;

/** Length of a link's id in a header, in characters. */
export const LINK_ID_MAX_LENGTH = 64;

export interface ResumableTimings {
  /** An agent that has received nothing, or sent nothing, for so long pings. */
  readonly pingAfterMs: number;
  /** A carrier on which nothing was received for so long is cut: with a turn of the timer, noticed within 5 s. */
  readonly silenceLimitMs: number;
  /** How long a closing link may take until the peer has acknowledged everything. */
  readonly closeLimitMs: number;
  /** How long a link waits for its next carrier. The server tells its agent. */
  readonly holdMs: number;
}

export const RESUMABLE_TIMINGS: ResumableTimings = {
  pingAfterMs: 2_000,
  silenceLimitMs: 4_500,
  closeLimitMs: 10_000,
  holdMs: 30_000,
};
