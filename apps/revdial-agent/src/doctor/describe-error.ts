/** Of whatever was thrown, in one line. */
export function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'failed';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return message === '' || message.includes(code) ? message || code : `${message} (${code})`;
}
