/**
 * The tunnel runs over raw sockets and over WebSockets, where a proxy lets nothing else through. What runs above should not know
 * which. So all of them are one kind of pipe, ordered, in both directions, with backpressure that can be asked for:
 *
 *   Multiplexer ─▶ ResumableLink ─▶ SocketCarrier | WebSocketCarrier ─▶ socket
 *        (each uses the next as a BytePipe and is its PipeReceiver)
 */
export interface BytePipe {
  /** Begins to deliver. Called once. Nothing is delivered before, nothing is lost. */
  start(receiver: PipeReceiver): void;
  /**
   * How many bytes may be written now; 0: wait for `onWritable`. Writing more is allowed: it waits here, where urgent bytes cannot
   * overtake it.
   */
  readonly writableBytes: number;
  /** Takes ownership of the buffers. Never throws; dropped when closed. */
  write(chunks: readonly Buffer[]): void;
  /** Latest round trip in ms, undefined where unknown. */
  readonly roundTripMs: number | undefined;
  /** Stops delivery until `resume`: backpressure for the whole pipe. */
  pause(): void;
  resume(): void;
  /** Finishes what was written, then ends with this code. */
  close(code: PipeCloseCode, reason?: string): void;
  /** Cuts now. `onClosed` follows once. */
  destroy(code: PipeCloseCode, cause?: unknown): void;
}

export interface PipeReceiver {
  onBytes(bytes: Buffer): void;
  onWritable(): void;
  onClosed(end: PipeEnd): void;
}

export interface PipeEnd {
  readonly code: PipeCloseCode;
  readonly reason: string;
  readonly byPeer: boolean;
  readonly cause?: unknown;
}

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
