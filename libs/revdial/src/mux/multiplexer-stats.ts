import type { ResetCode } from './reset-code.js';
import type { StreamClass } from '../tunnel-stream.js';

export interface MultiplexerStats {
  readonly streamsOpen: number;
  /** Written to streams and not on its way yet. */
  readonly queuedBytesByClass: Readonly<Record<StreamClass, number>>;
  /** Resets of both ends since the link began. */
  readonly resetsByCode: Readonly<Record<ResetCode, number>>;
  readonly unreadBytes: number;
}
