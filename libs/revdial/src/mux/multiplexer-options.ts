import type { PipeEnd } from '../carrier/byte-pipe.js';
import type { StreamClass } from '../tunnel-stream.js';
import {
  LINK_UNREAD_MAX_BYTES,
  LINK_WINDOW_EXTRA_MAX_BYTES,
  STREAMS_MAX_COUNT,
  STREAM_WINDOW_MAX_BYTES,
} from './limits.js';
import type { MuxStream } from './mux-stream.js';
import type { ResetCode } from './reset-code.js';
import type { MuxRole, UnreadAccount } from './stream-table.js';

export interface MultiplexerOptions {
  readonly role: MuxRole;
  readonly limits?: Partial<MuxLimits>;
  /** Bounds what this link and others hold unread, beside the link's own limit. */
  readonly unreadAccount?: UnreadAccount;
  /** Takes a stream that the peer opens: sets its listeners at once, or cuts it. Without this, such streams are refused. */
  readonly onStream?: (stream: MuxStream) => void;
  /** The peer takes no more streams; those that stand go on. */
  readonly onGoAway?: () => void;
  /** Once, after all streams have failed. */
  readonly onClosed?: (end: PipeEnd) => void;
}

/** Limits of `limits.ts` that the owner of links may set. */
export interface MuxLimits {
  readonly streamsMaxCount: number;
  readonly streamWindowMaxBytes: number;
  readonly linkWindowExtraMaxBytes: number;
  readonly linkUnreadMaxBytes: number;
}

export function muxLimits(overrides: Partial<MuxLimits> = {}): MuxLimits {
  return {
    streamsMaxCount: STREAMS_MAX_COUNT,
    streamWindowMaxBytes: STREAM_WINDOW_MAX_BYTES,
    linkWindowExtraMaxBytes: LINK_WINDOW_EXTRA_MAX_BYTES,
    linkUnreadMaxBytes: LINK_UNREAD_MAX_BYTES,
    ...overrides,
  };
}

export interface MultiplexerStats {
  readonly streamsOpen: number;
  /** Written to streams and not on its way yet. */
  readonly queuedBytesByClass: Readonly<Record<StreamClass, number>>;
  /** Resets of both ends since the link began. */
  readonly resetsByCode: Readonly<Record<ResetCode, number>>;
  readonly unreadBytes: number;
}
