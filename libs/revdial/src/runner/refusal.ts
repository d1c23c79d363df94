import { ConnectError } from './connect-error.js';
import { RETRY_AFTER_MAX_MS } from './limits.js';

/** An answer that is not the one that opens a link. */
export interface Refusal {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The beginning of the body. */
  readonly body: string;
  readonly headers?: ReadonlyMap<string, string>;
}

/** The API's own words for 400 (revdial-wire §4); any other 400 comes from something in between. */
const API_BAD_REQUEST = /runnerid is required|invalid runner ID format/;

/**
 * What an answer means: REFUSED for 401, 403 and the API's own 400; UNAVAILABLE for 409 (the id is held by another
 * principal), 429 and a 503 that says when to come back; NOT_A_LINK for everything else.
 */
export function connectErrorOf(refusal: Refusal): ConnectError {
  const { status } = refusal;
  const retryAfterMs = parseRetryAfter(refusal.retryAfter, Date.now());
  const isOtherMachine = refusal.headers?.get('revdial-conflict') === 'other-machine';
  const message = `answered ${String(status)}${isOtherMachine ? ': another machine has a runner id of these, and answers' : ''}`;
  const answer = { status, retryAfterMs, headers: refusal.headers, body: refusal.body };
  if (status === 401 || status === 403 || (status === 400 && API_BAD_REQUEST.test(refusal.body))) {
    return new ConnectError('REFUSED', message, answer);
  }
  if (status === 409 || status === 429 || (status === 503 && retryAfterMs !== undefined)) {
    return new ConnectError('UNAVAILABLE', message, answer);
  }
  return new ConnectError('NOT_A_LINK', message, answer);
}

/** Seconds or an HTTP date, as milliseconds from `nowMs`, bounded; `undefined` when it is neither. */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS);
}
