/** Bounds of the connection that hears what other replicas change. */

/** One attempt to connect; a database that takes longer is tried again. */
export const NOTICE_CONNECT_MS = 3_000;

/** Before the first new attempt, doubled each time … */
export const NOTICE_RETRY_FIRST_MS = 250;

/** … up to this, less up to a half by chance, so that replicas do not all come at once. */
export const NOTICE_RETRY_LONGEST_MS = 10_000;

/** Between two proofs that the connection lives: what is lost in silence is noticed after this and the next. */
export const NOTICE_PULSE_MS = 4_000;

/** How long such a proof may take. */
export const NOTICE_PULSE_LIMIT_MS = 4_000;

/** Different ids that wait for one pass; with more of them, everything may have changed. */
export const NOTICE_IDS_MAX = 1_000;
