import type { PipeCloseCode } from './close-code.js';

/** An ordered pipe of bytes, both ways. Carriers and resumable links are pipes; the multiplexer runs over any. */
export interface BytePipe {
  /** Begins to deliver. Called once. Nothing is delivered before, nothing is lost. */
  start(receiver: PipeReceiver): void;
  /**
   * How many bytes may be written now before more would wait here than is wanted; 0: wait for `onWritable`. Writing more is
   * allowed, and is only less fair.
   */
  readonly writableBytes: number;
  /** Takes ownership of the buffers. Never throws; dropped when closed. */
  write(chunks: readonly Buffer[]): void;
  /** Latest round trip in ms, undefined where unknown. */
  readonly roundTripMs: number | undefined;
  /** Stops delivery until `resume`; bounded callers use it for back pressure of the whole pipe. */
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
