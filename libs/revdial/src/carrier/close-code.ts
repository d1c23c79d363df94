/** Why a pipe ended, with the numbers that stand on the wire. */
export const PIPE_CLOSE_CODES = {
  done: 0,
  /** The carrier broke. Never sent. */
  lost: 1,
  'peer-silent': 2,
  'protocol-violation': 3,
  superseded: 4,
  revoked: 5,
  shutdown: 6,
  /** Not resumed in time. */
  expired: 7,
  limit: 8,
  internal: 9,
  'offset-mismatch': 10,
} as const;

export type PipeCloseCode = keyof typeof PIPE_CLOSE_CODES;
