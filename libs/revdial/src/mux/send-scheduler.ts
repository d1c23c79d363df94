import { FRAME_HEADER_BYTES, writeFrameHeader } from './frame.js';
import type { FrameType } from './frame.js';
import type { FrameBatch } from './frame-batch.js';
import { FRAME_OUT_MAX_BYTES, FRAME_OUT_SHORT_BYTES, INTERACTIVE_RUN_MAX_BYTES } from './limits.js';
import { ReadyRing } from './ready-ring.js';
import type { StreamSender } from './stream-sender.js';

const CONTROL_FIRST_BYTES = 256;

/**
 * Chooses what leaves next: answers of the link itself, then one frame of each interactive stream in turn, then of each bulk
 * stream in turn. Bulk gets one frame after `INTERACTIVE_RUN_MAX_BYTES` of the others, so that it is slow and not dead.
 */
export class SendScheduler {
  readonly #interactive = new ReadyRing<StreamSender>();
  readonly #bulk = new ReadyRing<StreamSender>();
  readonly #numberFirstFrame: (sender: StreamSender) => number | undefined;
  #control = Buffer.alloc(0);
  #controlBytes = 0;
  #interactiveRunBytes = 0;
  #unsettled: StreamSender[] = [];

  /** `numberFirstFrame` gives a stream its id as it sends its first frame; without one the stream is left out. */
  constructor(numberFirstFrame: (sender: StreamSender) => number | undefined) {
    this.#numberFirstFrame = numberFirstFrame;
  }

  get controlBytes(): number {
    return this.#controlBytes;
  }

  get isEmpty(): boolean {
    return this.#controlBytes === 0 && this.#interactive.isEmpty && this.#bulk.isEmpty;
  }

  addControl(type: FrameType, flags: number, streamId: number, length: number): void {
    if (this.#control.length - this.#controlBytes < FRAME_HEADER_BYTES) {
      const grown = Buffer.allocUnsafeSlow(Math.max(CONTROL_FIRST_BYTES, this.#control.length * 2));
      this.#control.copy(grown, 0, 0, this.#controlBytes);
      this.#control = grown;
    }
    writeFrameHeader(this.#control, this.#controlBytes, type, flags, streamId, length);
    this.#controlBytes += FRAME_HEADER_BYTES;
  }

  /** Takes a place in the ring of its class when the stream has something to send. */
  offer(sender: StreamSender): void {
    if (!sender.isReady) return;
    if (sender.streamClass === 'interactive') this.#interactive.add(sender);
    else this.#bulk.add(sender);
  }

  /** Fills the batch until it holds `budgetBytes` or nothing waits. */
  fill(batch: FrameBatch, budgetBytes: number): void {
    if (this.#controlBytes > 0) {
      batch.addControl(this.#control.subarray(0, this.#controlBytes));
      this.#controlBytes = 0;
      // A burst is over: its room is not kept for the idle time of the link.
      if (this.#control.length > CONTROL_FIRST_BYTES) this.#control = Buffer.alloc(0);
    }
    while (batch.byteLength < budgetBytes) {
      const sender = this.#choose();
      if (sender === undefined) return;
      // Its acknowledgement may have left with a credit meanwhile.
      if (!sender.isReady) continue;
      const id = sender.id ?? this.#numberFirstFrame(sender);
      if (id === undefined) continue;
      const before = batch.byteLength;
      sender.takeFrame(batch, id, frameMaxBytes(budgetBytes - before));
      this.#interactiveRunBytes =
        sender.streamClass === 'interactive' ? this.#interactiveRunBytes + batch.byteLength - before : 0;
      this.#unsettled.push(sender);
      this.offer(sender);
    }
  }

  /** After the batch was written: the streams hear what of theirs left. They may offer more at once. */
  settle(): void {
    const senders = this.#unsettled;
    this.#unsettled = [];
    for (const sender of senders) sender.settle();
  }

  #choose(): StreamSender | undefined {
    const isBulksTurn = this.#interactiveRunBytes >= INTERACTIVE_RUN_MAX_BYTES || this.#interactive.isEmpty;
    return (isBulksTurn ? this.#bulk.take() : undefined) ?? this.#interactive.take() ?? this.#bulk.take();
  }
}

/** What the pipe takes at once cannot wait for anything in between: there a long frame delays nobody, and costs less. */
function frameMaxBytes(roomBytes: number): number {
  return Math.min(FRAME_OUT_MAX_BYTES, Math.max(FRAME_OUT_SHORT_BYTES, roomBytes));
}
