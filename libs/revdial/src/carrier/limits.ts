/** What a carrier buffers, each with its reason. */

/** Bytes that may wait in a socket beyond what the kernel took: two reads of a local service in one write. */
export const CARRIER_QUEUE_MAX_BYTES = 128 * 1024;

/** One WebSocket message of a carrier. Nothing is collected: a longer one does not come from this protocol. */
export const CARRIER_MESSAGE_MAX_BYTES = 128 * 1024;
