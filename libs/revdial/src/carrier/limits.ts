/** What a carrier holds, each with its reason. */

/** Bytes that may wait in a socket beyond what the kernel took: two reads of a local service in one write. */
export const CARRIER_QUEUE_MAX_BYTES = 128 * 1024;

/** One WebSocket message of a carrier. Nothing is collected: what is longer was not made for this wire. */
export const CARRIER_MESSAGE_MAX_BYTES = 128 * 1024;
