/**
 * Why a stream was reset, with its number on the wire: the length of the window update that carries RST. A plain yamux adds it
 * to the window of a stream that is dead, which does nothing.
 */
export const RESET_CODES = {
  /** The peer gave no reason that is known here. */
  unknown: 0,
  /** The user of the stream at the other end does not want it any more. */
  cancelled: 1,
  /** More bytes came than the window allowed. */
  'flow-violation': 2,
  /** The link held too many unread bytes, and this stream the most of them. */
  'buffer-full': 3,
  /** The link is gone. */
  expired: 4,
  internal: 5,
  /** Too many streams at once. */
  limit: 6,
  /** The other end takes no streams. */
  refused: 7,
} as const;

export type ResetCode = keyof typeof RESET_CODES;

const BY_NUMBER: ReadonlyMap<number, ResetCode> = new Map(
  (Object.keys(RESET_CODES) as ResetCode[]).map((code) => [RESET_CODES[code], code]),
);

export function parseResetCode(value: number): ResetCode {
  return BY_NUMBER.get(value) ?? 'unknown';
}

export function emptyResetCounts(): Record<ResetCode, number> {
  return {
    unknown: 0,
    cancelled: 0,
    'flow-violation': 0,
    'buffer-full': 0,
    expired: 0,
    internal: 0,
    limit: 0,
    refused: 0,
  };
}

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
