import { ApiError } from '../errors/api-error.js';

/**
 * A parameter that is on or off; `undefined` when it is not given.
 * @throws ApiError INVALID_REQUEST
 */
export function readSwitch(query: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ApiError('INVALID_REQUEST', `${name} must be true, false, 1 or 0`);
}
