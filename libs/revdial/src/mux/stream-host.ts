import type { MuxStream } from './mux-stream.js';
import type { ResetCode } from './reset-code.js';
import type { StreamSender } from './stream-sender.js';
import type { WindowBudget } from './window-budget.js';

/** What a stream asks of the link that it is on. */
export interface StreamHost {
  readonly windowBudget: WindowBudget;
  readonly streamWindowMaxBytes: number;
  /** Undefined while it is not known; asking finds it out. */
  readonly roundTripMs: () => number | undefined;
  /** The sender may have something to send now. */
  offer(sender: StreamSender): void;
  sendCredit(sender: StreamSender, byteCount: number): void;
  noteUnread(stream: MuxStream, before: number, after: number): void;
  /** Both directions ended: nothing more of it comes or goes on the wire. */
  release(stream: MuxStream): void;
  /** The stream was cut here: the peer, if it knows of it, is told why. */
  abandon(stream: MuxStream, code: ResetCode): void;
}
