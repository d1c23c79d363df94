/** Why a connection to the API did not come about. Match `code`, never the message. */
export const CONNECT_ERROR_CODES = [
  /** No name, no route, nobody listening, or no answer of TCP, the proxy or TLS in time. */
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
