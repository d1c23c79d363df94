import type { PipeEnd } from '../carrier/byte-pipe.js';
import type { MuxLimits } from './mux-limits.js';
import type { MuxStream } from './mux-stream.js';
import type { MuxRole } from './stream-ids.js';
import type { UnreadAccount } from './unread-account.js';

export interface MultiplexerOptions {
  readonly role: MuxRole;
  readonly limits?: Partial<MuxLimits>;
  /** Bounds what this link and others hold unread, beside the link's own limit. */
  readonly unreadAccount?: UnreadAccount;
  /** Takes a stream that the peer opens: sets its listeners at once, or cuts it. Without this they are refused. */
  readonly onStream?: (stream: MuxStream) => void;
  /** The peer takes no more streams; those that stand go on. */
  readonly onGoAway?: () => void;
  /** Once, after all streams have failed. */
  readonly onClosed?: (end: PipeEnd) => void;
}
