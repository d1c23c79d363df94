import {
  LINK_UNREAD_MAX_BYTES,
  LINK_WINDOW_EXTRA_MAX_BYTES,
  STREAMS_MAX_COUNT,
  STREAM_WINDOW_MAX_BYTES,
} from './limits.js';

/** What an owner of links may want different from `limits.ts`. */
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
