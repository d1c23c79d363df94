/**
 * Why the embedded PostgreSQL did not start. Each message says what to do about it.
 *
 * - `DATA_DIR_UNREACHABLE` the server's user may not enter a folder on the way to the data folder.
 * - `DATA_DIR_FOREIGN` the data folder belongs to another user, or its password file is gone.
 * - `DATA_DIR_IN_USE` a live process holds this data folder's server.
 * - `BINARIES_UNUSABLE` no PostgreSQL for this platform, or its files cannot be executed.
 * - `INITDB_FAILED` the cluster could not be created.
 * - `START_FAILED` the server ended or stayed silent; the message carries the end of its log.
 * - `STOP_FAILED` a server outlived even SIGKILL.
 * - `ABORTED` the caller's signal fired.
 */
export const EMBEDDED_POSTGRES_ERROR_CODES = [
  'DATA_DIR_UNREACHABLE',
  'DATA_DIR_FOREIGN',
  'DATA_DIR_IN_USE',
  'BINARIES_UNUSABLE',
  'INITDB_FAILED',
  'START_FAILED',
  'STOP_FAILED',
  'ABORTED',
] as const;

export type EmbeddedPostgresErrorCode = (typeof EMBEDDED_POSTGRES_ERROR_CODES)[number];

export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
  readonly code: EmbeddedPostgresErrorCode;

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Whether `error` is the system's error with this code (`EEXIST`, `EPERM`, …). Judged by its shape: in test runners that
 * give each file its own globals, Node's errors are not instances of the `Error` that this file sees.
 */
export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
