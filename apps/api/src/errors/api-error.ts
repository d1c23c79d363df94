/** Failures which the API itself finds, beside those of the libraries. */
export const API_ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'INVALID_REQUEST',
  'SESSION_NOT_FOUND',
  'LOBBY_PIN_UNKNOWN',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_ENCODING',
  'HEADERS_TOO_LARGE',
  'EXPECTATION_FAILED',
  'REQUEST_TIMEOUT',
  'TOO_MANY_ATTEMPTS',
  'TOO_MANY_KEYS',
  'AUTHENTICATION_AWAY',
  'DATABASE_AWAY',
  'DATABASE_BUSY',
  'NOT_READY',
  'INTERNAL',
] as const;

export type ApiErrorCode = (typeof API_ERROR_CODES)[number];

export class ApiError extends Error {
  constructor(
    readonly code: ApiErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'ApiError';
  }
}
