import type { ResetCode } from './reset-code.js';

/** How a stream of the multiplexer fails. Match `code`. Given to `destroy`, its code is what the peer is told. */
export class MuxStreamError extends Error {
  constructor(
    readonly code: ResetCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = 'MuxStreamError';
  }
}
