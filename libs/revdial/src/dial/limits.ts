/** Bounds of a dial on a multiplexed link, each with its reason. */

/** UTF-8 bytes of a target: runner ids have 73 at most, and a later kind of target has room. */
export const DIAL_TARGET_MAX_BYTES = 128;

/** UTF-8 bytes of the reason of a refusal: one line for a log. */
export const DIAL_REASON_MAX_BYTES = 200;

/** From a stream's opening to the end of its preamble, which travels with the opening: what takes longer is broken. */
export const DIAL_PREAMBLE_TIMEOUT_MS = 10_000;
