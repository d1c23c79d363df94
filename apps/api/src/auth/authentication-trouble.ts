import { ApiError } from '../errors/api-error.js';
import { isPoolExhausted } from '../errors/error.filter.js';

/** What a caller is told when nobody can say who he is: that it is busy where it is only that, else that it is away. */
export function authenticationTrouble(cause: unknown): unknown {
  if (isPoolExhausted(cause)) return cause;
  return new ApiError('AUTHENTICATION_AWAY', 'Authentication service temporarily unavailable', { cause });
}
