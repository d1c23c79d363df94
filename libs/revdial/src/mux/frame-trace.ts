import { HeadScanner, wireTrace } from '../wire-trace.js';
import type { TraceLine } from '../wire-trace.js';
import { FRAME_FLAGS, FRAME_HEADER_BYTES, FRAME_TYPES } from './frame-codec.js';

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(FRAME_TYPES).map(([name, type]) => [type, name]));

let lastLink = 0;

/** One line for each frame of one link: type, stream, flags, length (of a window update: its credit). */
export class FrameTrace {
  readonly #sent: HeadScanner;
  readonly #received: HeadScanner;

  constructor(write: TraceLine) {
    const link = (lastLink += 1);
    this.#sent = scanner(write, { link, direction: 'sent' });
    this.#received = scanner(write, { link, direction: 'received' });
  }

  onSent(chunks: readonly Buffer[]): void {
    for (const bytes of chunks) this.#sent.push(bytes);
  }

  onReceived(bytes: Buffer): void {
    this.#received.push(bytes);
  }
}

/** `undefined` without a trace of frames. */
export function traceFrames(): FrameTrace | undefined {
  return wireTrace.frames === undefined ? undefined : new FrameTrace(wireTrace.frames);
}

function scanner(write: TraceLine, fields: object): HeadScanner {
  return new HeadScanner(
    FRAME_HEADER_BYTES,
    (header) => ({
      payloadBytes: header[1] === FRAME_TYPES.data ? header.readUInt32BE(8) : 0,
      headPayloadBytes: 0,
    }),
    (head) => {
      const type = head.readUInt8(1);
      const bits = head.readUInt16BE(2);
      const flags = Object.entries(FRAME_FLAGS).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));
      const line = { ...fields, type: NAMES.get(type) ?? type, stream: head.readUInt32BE(4) };
      write({ ...line, flags, length: head.readUInt32BE(8) }, 'trace: frame');
    },
  );
}
