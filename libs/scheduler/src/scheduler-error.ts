/** Every surprise of this package, by code. Match `code`, never the message. Full hosts are no surprise: see `Refusal`. */
export const SCHEDULER_ERROR_CODES = [
  /** What a registration or an operator says of a host is missing, malformed or over its limit; nothing was written. */
  'INVALID_INSTANCE',
  /** A heartbeat is no JSON object, or known fields of it are malformed; the message names them, and nothing was written. */
  'INVALID_HEARTBEAT',
  /** The host still carries sessions: stop them first, drain it, or force its removal. */
  'INSTANCE_IN_USE',
  /** Other placements held the lock for too long; nothing was reserved. */
  'PLACEMENT_BUSY',
] as const;

export type SchedulerErrorCode = (typeof SCHEDULER_ERROR_CODES)[number];

export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';
  readonly code: SchedulerErrorCode;
  /** Whether the same call may succeed later unchanged. */
  readonly retryable: boolean;

  constructor(code: SchedulerErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'PLACEMENT_BUSY';
  }
}
