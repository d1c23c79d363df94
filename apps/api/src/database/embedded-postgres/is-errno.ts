/**
 * Whether `error` is the system's error with this code (`EEXIST`, `EPERM`, …). Judged by its shape: in test runners that
 * give each file its own globals, Node's errors are not instances of the `Error` that this file sees.
 */
export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
