import { USER_ID_MAX_LENGTH } from './oidc/limits.js';

/** What providers use for subjects, without what means something in a path, a header or a query. */
export const USER_ID = new RegExp(`^(?!\\.+$)[A-Za-z0-9._@|:+=-]{1,${String(USER_ID_MAX_LENGTH)}}$`);
export const USER_ID_RULE = `must be 1 to ${String(USER_ID_MAX_LENGTH)} of A-Z a-z 0-9 . _ @ | : + = -`;

export function isUserId(value: unknown): value is string {
  return typeof value === 'string' && USER_ID.test(value);
}
