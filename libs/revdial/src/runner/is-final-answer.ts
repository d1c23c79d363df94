import type { ConnectError } from './connect-error.js';

/** Somebody answered the handshake, and said neither that the API is away nor anything about who asks. */
export function isFinalAnswer({ code, status }: ConnectError): boolean {
  return code === 'NOT_A_LINK' && status !== undefined && (status < 500 || status === 501);
}
