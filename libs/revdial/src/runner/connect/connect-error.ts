import { RETRY_AFTER_MAX_MS } from '../limits.js';

/** Why a connection to the API did not come about. Match `code`, never the message. */
export const CONNECT_ERROR_CODES = [
  /** No name, no route, no listener, or no answer of TCP, the proxy or TLS in time. */
  'UNREACHABLE',
  /** The server's certificate is not trusted, or TLS failed otherwise. */
  'TLS_FAILED',
  /** The proxy would not connect us. */
  'PROXY_REFUSED',
  /** The token could not be read. */
  'TOKEN_UNAVAILABLE',
  /** The API does not accept who we are or what we want to be: 401, 403, or 400 in its own words. */
  'REFUSED',
  /** The API is there and wants us to come back later: 409, 429, 503 with Retry-After. */
  'UNAVAILABLE',
  /** What answered does not speak this transport, or there was no answer; something in between, or an API that is away. */
  'NOT_A_LINK',
  /** What answers says, over every carrier that was to be tried, that it does not speak generation 3. */
  'NOT_SPOKEN',
  /** The caller gave up. */
  'ABORTED',
] as const;

export type ConnectErrorCode = (typeof CONNECT_ERROR_CODES)[number];

export class ConnectError extends Error {
  /** The status of the answer that said so. */
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** Of that answer, with names in small letters. */
  readonly headers: ReadonlyMap<string, string>;
  /** What that answer's body begins with. */
  readonly body: string;

  constructor(
    readonly code: ConnectErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly status?: number;
      readonly retryAfterMs?: number | undefined;
      readonly headers?: ReadonlyMap<string, string> | undefined;
      readonly body?: string;
    } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'ConnectError';
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.headers = options.headers ?? new Map();
    this.body = options.body ?? '';
  }
}

export function isConnectError(error: unknown, code?: ConnectErrorCode): error is ConnectError {
  return error instanceof ConnectError && (code === undefined || error.code === code);
}

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
