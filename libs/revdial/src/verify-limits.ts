import { refuseContradictions, type LimitRule } from '@helix/pacing';
import { CARRIER_MESSAGE_MAX_BYTES, CARRIER_QUEUE_MAX_BYTES } from './carrier/limits.js';
import {
  CLIENT_PICK_UP_LIMIT_MS,
  DATA_FRAME_OUT_MAX_BYTES,
  DIAL_TIMEOUT_MS,
  FRAME_COPY_MAX_BYTES,
  LINK_RUNNERS_MAX_COUNT,
  MULTIPLEXED_UNREAD_MAX_BYTES,
} from './limits.js';
import {
  FRAME_IN_MAX_BYTES,
  FRAME_OUT_MAX_BYTES,
  FRAME_OUT_SHORT_BYTES,
  STREAM_WINDOW_INITIAL_BYTES,
  STREAM_WINDOW_MAX_BYTES,
} from './mux/limits.js';
import {
  ACK_DELAY_MS,
  ACK_EVERY_BYTES,
  DATA_RECORD_MAX_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LINK_TURN_MS,
  RECORD_PAYLOAD_MAX_BYTES,
  REPLAY_MAX_BYTES,
  RESUMABLE_TIMINGS,
} from './resumable/limits.js';
import { RUNNERS_PER_LINK_COUNT, RUNNER_TIMINGS } from './runner/limits.js';

/** The greatest length of a WebSocket frame with a 16-bit length field (RFC 6455 §5.2). */
const WEBSOCKET_LENGTH_16_MAX = 0xffff;

/** The limits that depend on each other, by their names in the `limits.ts` files and in options. */
const DEFAULTS = {
  ACK_DELAY_MS,
  ACK_EVERY_BYTES,
  CARRIER_MESSAGE_MAX_BYTES,
  CARRIER_QUEUE_MAX_BYTES,
  CLIENT_PICK_UP_LIMIT_MS,
  DATA_FRAME_OUT_MAX_BYTES,
  DATA_RECORD_MAX_BYTES,
  DIAL_TIMEOUT_MS,
  FRAME_COPY_MAX_BYTES,
  FRAME_IN_MAX_BYTES,
  FRAME_OUT_MAX_BYTES,
  FRAME_OUT_SHORT_BYTES,
  IN_FLIGHT_MAX_BYTES,
  IN_FLIGHT_MIN_BYTES,
  IN_FLIGHT_START_BYTES,
  LINK_RUNNERS_MAX_COUNT,
  LINK_TURN_MS,
  RECORD_PAYLOAD_MAX_BYTES,
  REPLAY_MAX_BYTES,
  RUNNERS_PER_LINK_COUNT,
  STREAM_WINDOW_INITIAL_BYTES,
  WEBSOCKET_LENGTH_16_MAX,
  ...RESUMABLE_TIMINGS,
  ...RUNNER_TIMINGS,
  graceMs: RESUMABLE_TIMINGS.holdMs,
  streamWindowMaxBytes: STREAM_WINDOW_MAX_BYTES,
  linkUnreadMaxBytes: MULTIPLEXED_UNREAD_MAX_BYTES,
} as const satisfies Readonly<Record<string, number>>;

export type VerifiedLimit = keyof typeof DEFAULTS;
export type VerifiedLimits = Readonly<Record<VerifiedLimit, number>>;

export const LIMIT_RULES: readonly LimitRule<VerifiedLimit>[] = [
  ['holdMs', 'graceMs', 'a runner that is given up can no longer resume its link'],
  ['pingAfterMs', 'silenceLimitMs', 'a link would be cut as silent before its agent has pinged'],
  ['LINK_TURN_MS', 'pingAfterMs', 'the timer of links is too coarse for pings'],
  ['ACK_DELAY_MS', 'pingAfterMs', 'an acknowledgement would come later than a ping'],
  ['ACK_EVERY_BYTES', 'IN_FLIGHT_MIN_BYTES', 'a sender at its least in-flight limit would wait for a delayed ACK'],
  ['IN_FLIGHT_MIN_BYTES', 'IN_FLIGHT_START_BYTES', 'a new carrier would start below the least in-flight limit'],
  ['IN_FLIGHT_START_BYTES', 'IN_FLIGHT_MAX_BYTES', 'a new carrier would start above the greatest in-flight limit'],
  ['IN_FLIGHT_MAX_BYTES', 'REPLAY_MAX_BYTES', 'bytes in flight are kept in the replay buffer'],
  ['DATA_RECORD_MAX_BYTES', 'RECORD_PAYLOAD_MAX_BYTES', 'a DATA record is a record'],
  ['DATA_RECORD_MAX_BYTES', 'REPLAY_MAX_BYTES', 'a DATA record has to fit the replay buffer'],
  ['FRAME_OUT_SHORT_BYTES', 'FRAME_OUT_MAX_BYTES', 'a short frame is not longer than a long one'],
  ['FRAME_OUT_MAX_BYTES', 'FRAME_IN_MAX_BYTES', 'the peer would refuse the frames of this side'],
  ['FRAME_OUT_MAX_BYTES', 'CARRIER_QUEUE_MAX_BYTES', 'one frame would overfill the queue of a carrier'],
  ['STREAM_WINDOW_INITIAL_BYTES', 'streamWindowMaxBytes', 'every stream begins with the initial window'],
  ['streamWindowMaxBytes', 'linkUnreadMaxBytes', 'one stream could fill its window only to be reset'],
  ['DATA_FRAME_OUT_MAX_BYTES', 'WEBSOCKET_LENGTH_16_MAX', 'frames of this side have a 16-bit length'],
  ['DATA_FRAME_OUT_MAX_BYTES', 'CARRIER_MESSAGE_MAX_BYTES', 'the peer would refuse the messages of this side'],
  ['FRAME_COPY_MAX_BYTES', 'DATA_FRAME_OUT_MAX_BYTES', 'what is copied behind a header is one frame'],
  ['RUNNERS_PER_LINK_COUNT', 'LINK_RUNNERS_MAX_COUNT', 'the gateway would refuse the links of its own agent'],
  ['pingIntervalMs', 'websocketSilenceLimitMs', 'an agent would cut a link before its ping could be answered'],
  ['backoffBaseMs', 'backoffCapMs', 'the first wait before a reconnect would exceed the longest'],
  ['CLIENT_PICK_UP_LIMIT_MS', 'DIAL_TIMEOUT_MS', 'a dial would time out before its runner gives up'],
];

/**
 * Checks limits that depend on each other, as a whole, when a gateway or the tunnels of an agent are built: a contradiction is a
 * fault of the configuration, and would show only under load otherwise. `overrides` replace the values of the `limits.ts` files.
 * @throws RangeError that names both values of each contradiction
 */
export function verifyLimits(overrides: Partial<Readonly<Record<VerifiedLimit, number | undefined>>> = {}): void {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const limits: VerifiedLimits = { ...DEFAULTS, ...given };
  refuseContradictions(limits, LIMIT_RULES);
}
