/** The frames of yamux (its spec, "Framing"): a header of 12 bytes, all numbers big endian, then payload in data frames. */
export const FRAME_TYPES = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;

export type FrameType = (typeof FRAME_TYPES)[keyof typeof FRAME_TYPES];

export const FRAME_FLAGS = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** What the length of a go-away frame means. */
export const GO_AWAY_CODES = { normal: 0, protocolError: 1, internalError: 2 } as const;

export const FRAME_VERSION = 0;
export const FRAME_HEADER_BYTES = 12;

/** Writes a header into `target`, which has room for it. Byte by byte: checks of Buffer's own writers cost more than this. */
export function writeFrameHeader(
  target: Buffer,
  at: number,
  type: FrameType,
  flags: number,
  streamId: number,
  length: number,
): void {
  target[at] = FRAME_VERSION;
  target[at + 1] = type;
  target[at + 2] = flags >>> 8;
  target[at + 3] = flags;
  target[at + 4] = streamId >>> 24;
  target[at + 5] = streamId >>> 16;
  target[at + 6] = streamId >>> 8;
  target[at + 7] = streamId;
  target[at + 8] = length >>> 24;
  target[at + 9] = length >>> 16;
  target[at + 10] = length >>> 8;
  target[at + 11] = length;
}
