/** Every number that bounds what a peer or a caller can make the multiplexer hold, each with its reason. */

/** What each side may send on a stream before the first credit: yamux's number, which both ends assume. */
export const STREAM_WINDOW_INITIAL_BYTES = 256 * 1024;

/** How far the window of one stream grows: 8 MiB is 640 Mbit/s over a round trip of 100 ms. */
export const STREAM_WINDOW_MAX_BYTES = 8 * 1024 * 1024;

/** Sum of what the windows of one link have grown: eight full-grown ones. */
export const LINK_WINDOW_EXTRA_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Received and unread bytes of one link: the first windows of a thousand streams, and all that windows may grow by. Beyond it the
 * stream with the most of them is reset. The API has a lower one of its own.
 */
export const LINK_UNREAD_MAX_BYTES = 320 * 1024 * 1024;

/** Streams that a peer may have open, and as many of our own: twenty times what a host with thirty desktops uses. */
export const STREAMS_MAX_COUNT = 4096;

/** Payload of one frame out where the pipe takes no more: a click waits for at most one of them, 13 ms at 10 Mbit/s. */
export const FRAME_OUT_SHORT_BYTES = 16 * 1024;

/** Payload of one frame out where the pipe takes as much at once: what one read of a socket gives. */
export const FRAME_OUT_MAX_BYTES = 64 * 1024;

/** Payload of one frame in. It passes as it comes and is held nowhere; a longer one is a broken length. */
export const FRAME_IN_MAX_BYTES = 16 * 1024 * 1024;

/** Interactive bytes in a row while bulk waits; then one frame of bulk, so that it never starves. */
export const INTERACTIVE_RUN_MAX_BYTES = 256 * 1024;

/** Payload up to this is copied behind its header: one buffer of many frames is cheaper than many buffers. */
export const PAYLOAD_COPY_MAX_BYTES = 4096;

/** What one turn hands to the pipe at most before it lets reads happen. */
export const FLUSH_MAX_BYTES = 1024 * 1024;

/**
 * Answers (pongs, refusals, credit) that wait for the pipe. All streams with a credit and a reset each make 96 KiB; a peer
 * with more than this outstanding makes us answer and does not read.
 */
export const CONTROL_UNSENT_MAX_BYTES = 256 * 1024;

/** Ids that a peer skipped and may still open: implementations that number first and send later swap a few. */
export const SKIPPED_IDS_MAX_COUNT = 4096;

/** Bytes that a stream's writer may have waiting before `write` says to wait: two reads of a socket, so that one waits while one leaves. */
export const STREAM_WRITE_BUFFER_BYTES = 128 * 1024;

/** Small unread pieces are gathered in blocks of this size, so that a slow reader holds bytes and not objects. */
export const UNREAD_BLOCK_BYTES = 16 * 1024;

/** The greatest id of yamux, whose field is 32 bits. */
export const STREAM_ID_MAX = 0xffff_ffff;

/** Credit beyond this is a fault: the sum would not fit the wire's field at any other implementation. */
export const SEND_WINDOW_MAX_BYTES = 0xffff_ffff;

/** How old a round trip of the link may be before the windows ask for a new one. Only links with bulk ask. */
export const ROUND_TRIP_FRESH_MS = 5_000;

/** An answer later than this was held up by a link without a connection, and says nothing of the way. */
export const PING_BELIEVED_MAX_MS = 4_500;
