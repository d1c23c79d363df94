import type { BytePipe } from '../carrier/byte-pipe.js';
import { FrameBatch } from './frame-batch.js';
import { FRAME_HEADER_BYTES, writeFrameHeader } from './frame-codec.js';
import type { FrameType } from './frame-codec.js';
import type { FrameTrace } from './frame-trace.js';
import {
  CONTROL_UNSENT_MAX_BYTES,
  FLUSH_MAX_BYTES,
  FRAME_OUT_MAX_BYTES,
  FRAME_OUT_SHORT_BYTES,
  INTERACTIVE_RUN_MAX_BYTES,
} from './limits.js';
import { ReadyRing } from './ready-ring.js';
import type { StreamSender } from './stream-sender.js';

/** Filled and emptied within one turn, so all links share one. */
const BATCH = new FrameBatch();

/**
 * Moves frames from the scheduler to the pipe: at the end of the turn in which there were any, so that they leave in one write
 * and an opening finds its first bytes; then for as long as the pipe takes more.
 */
export class FrameOutlet {
  readonly #pipe: BytePipe;
  readonly #trace: FrameTrace | undefined;
  readonly #scheduler: SendScheduler;
  readonly #onOverflow: () => void;
  #isFlushPlanned = false;
  #isFlushing = false;
  #isClosed = false;

  /** `onOverflow`: the peer makes this side answer, and does not read the answers. */
  constructor(
    pipe: BytePipe,
    trace: FrameTrace | undefined,
    numberFirstFrame: (sender: StreamSender) => number | undefined,
    onOverflow: () => void,
  ) {
    this.#pipe = pipe;
    this.#trace = trace;
    this.#scheduler = new SendScheduler(numberFirstFrame);
    this.#onOverflow = onOverflow;
  }

  offer(sender: StreamSender): void {
    this.#scheduler.offer(sender);
    this.#planFlush();
  }

  addControl(type: FrameType, flags: number, streamId: number, length: number): void {
    if (this.#isClosed) return;
    this.#scheduler.addControl(type, flags, streamId, length);
    if (this.#scheduler.controlBytes > CONTROL_UNSENT_MAX_BYTES) this.#onOverflow();
    else this.#planFlush();
  }

  /** Writes as much as the pipe wants. */
  flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    try {
      let leftBytes = FLUSH_MAX_BYTES;
      while (!this.#isClosed && leftBytes > 0) {
        const budgetBytes = this.#pipe.writableBytes;
        if (budgetBytes <= 0 || this.#scheduler.isEmpty) return;
        leftBytes -= this.#writeBatch(budgetBytes);
      }
    } finally {
      this.#isFlushing = false;
    }
    this.#planFlush();
  }

  /** Before an end: sends the link's own frames even where the pipe is full. */
  flushControl(): void {
    if (this.#isClosed || this.#scheduler.controlBytes === 0) return;
    this.#writeBatch(0);
  }

  close(): void {
    this.#isClosed = true;
  }

  #writeBatch(budgetBytes: number): number {
    this.#scheduler.fill(BATCH, budgetBytes);
    const { byteLength } = BATCH;
    const chunks = BATCH.take();
    this.#trace?.onSent(chunks);
    if (byteLength > 0) this.#pipe.write(chunks);
    this.#scheduler.settle();
    return byteLength;
  }

  #planFlush(): void {
    if (this.#isFlushPlanned || this.#isFlushing || this.#isClosed || this.#scheduler.isEmpty) return;
    this.#isFlushPlanned = true;
    setImmediate(this.#flushPlanned);
  }

  readonly #flushPlanned = (): void => {
    this.#isFlushPlanned = false;
    this.flush();
  };
}

const CONTROL_FIRST_BYTES = 256;

/**
 * Chooses what is sent next: the link's own frames, then one frame of each interactive stream in turn, then of each bulk stream in
 * turn. After `INTERACTIVE_RUN_MAX_BYTES` of interactive frames bulk gets one frame, so that it is slow but never starves.
 */
class SendScheduler {
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
      // A burst is over: an idle link does not keep its memory.
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

  /** After the batch was written: tells the streams what was sent. They may offer more at once. */
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

/** What the pipe takes at once delays nothing behind it, so there a long frame is allowed, which costs less. */
function frameMaxBytes(roomBytes: number): number {
  return Math.min(FRAME_OUT_MAX_BYTES, Math.max(FRAME_OUT_SHORT_BYTES, roomBytes));
}
