/** What a carrier holds, each with its reason. */

/** Bytes that may wait in a socket beyond what the kernel took: enough to keep it busy, and a click waits behind no more. */
export const CARRIER_QUEUE_MAX_BYTES = 64 * 1024;

/** One WebSocket message of a carrier. Nothing is collected: what is longer was not made for this wire. */
export const CARRIER_MESSAGE_MAX_BYTES = 128 * 1024;
