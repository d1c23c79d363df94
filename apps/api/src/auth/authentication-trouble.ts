import { databaseTroubleOf } from '../database/database-trouble.js';
import { ApiError } from '../errors/api-error.js';

/** What a caller is told when nobody can say who he is: that it is busy where it is only that, else that it is away. */
export function authenticationTrouble(cause: unknown): unknown {
  if (databaseTroubleOf(cause)?.code === 'DATABASE_BUSY' || cause instanceof ApiError) return cause;
  return new ApiError('AUTHENTICATION_AWAY', 'Authentication service temporarily unavailable', { cause });
}
