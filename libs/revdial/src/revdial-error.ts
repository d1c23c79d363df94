/**
 * Every way in which the tunnel fails, by code. Match `code`, never the message; `docs/errors.md` lists them and a test
 * compares the two.
 */
export const REVDIAL_ERROR_CODES = [
  /** No link of this runner, and none came back within the grace period. */
  'RUNNER_NOT_CONNECTED',
  /** The runner is in its grace period and already has as many waiting dials as allowed. */
  'DIAL_QUEUE_FULL',
  /** The runner did not pick the dial up in time. */
  'DIAL_TIMEOUT',
  /** The caller gave up; a late connection is closed. */
  'DIAL_ABORTED',
  /** The runner said that it could not dial back. */
  'PICKUP_FAILED',
  /** The link went away while it was in use. */
  'LINK_LOST',
  /** The stream opened and ended before its first byte: the service behind the tunnel is down. */
  'SERVICE_DOWN',
  /** The body of the caller's own request stopped coming in its middle. */
  'REQUEST_BODY_STALLED',
  /** The far service answered too slowly: headers or the next piece of the body. */
  'UPSTREAM_TIMEOUT',
  /** The far service answered something that is not HTTP, or cut the answer short. */
  'UPSTREAM_INVALID',
  /** The far service answered more bytes than the caller accepts. */
  'UPSTREAM_TOO_LARGE',
  /** The runner id is held by a link of another principal. */
  'RUNNER_ID_TAKEN',
  /** The peer broke the wire's rules. */
  'PROTOCOL_VIOLATION',
  /** A limit of this replica is reached. */
  'LIMIT_REACHED',
  /** This replica is closing. */
  'SHUTTING_DOWN',
] as const;

export type RevDialErrorCode = (typeof REVDIAL_ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<RevDialErrorCode> = new Set<RevDialErrorCode>([
  'RUNNER_NOT_CONNECTED',
  'DIAL_QUEUE_FULL',
  'DIAL_TIMEOUT',
  'PICKUP_FAILED',
  'LINK_LOST',
  'SERVICE_DOWN',
  'UPSTREAM_TIMEOUT',
  'LIMIT_REACHED',
  'SHUTTING_DOWN',
]);

export class RevDialError extends Error {
  readonly retryable: boolean;

  constructor(
    readonly code: RevDialErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'RevDialError';
    this.retryable = RETRYABLE.has(code);
  }
}

export function isRevDialError(error: unknown, code?: RevDialErrorCode): error is RevDialError {
  return error instanceof RevDialError && (code === undefined || error.code === code);
}

/** What a caller's wait fails with whose signal aborted: the signal's reason where that is one of ours, else DIAL_ABORTED. */
export function abortErrorOf(reason: unknown): RevDialError {
  if (reason instanceof RevDialError) return reason;
  return new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: reason });
}
