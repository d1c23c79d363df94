import { OPCODE, type Frame, type FrameError } from './frame-reader.js';
import type { ViolationKind } from './moonlight-status.js';

/** What is wrong with the frame; undefined for one that Moonlight Web can read, and for a Close. */
export function violationOf(frame: Frame | FrameError): ViolationKind | undefined {
  if (typeof frame === 'string') return frame;
  if (frame.opcode === OPCODE.close) return undefined;
  if (frame.opcode === OPCODE.ping) return 'ping';
  if (frame.opcode === OPCODE.pong) return 'pong';
  if (!frame.isFinal || frame.opcode === OPCODE.continuation) return 'fragment';
  if (frame.opcode === OPCODE.binary) return 'binary';
  return frame.reservedBits === 0 ? undefined : 'reserved-bits';
}
