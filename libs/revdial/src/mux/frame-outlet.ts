import type { BytePipe } from '../carrier/byte-pipe.js';
import type { FrameType } from './frame.js';
import { FrameBatch } from './frame-batch.js';
import { CONTROL_UNSENT_MAX_BYTES, FLUSH_MAX_BYTES } from './limits.js';
import { SendScheduler } from './send-scheduler.js';
import type { StreamSender } from './stream-sender.js';

/** Filled and emptied within one turn, so one does for all links. */
const BATCH = new FrameBatch();

/**
 * Moves frames from the scheduler to the pipe: at the end of the turn in which there were any, so that they leave in one write
 * and an opening finds its first bytes; then for as long as the pipe takes more.
 */
export class FrameOutlet {
  readonly #pipe: BytePipe;
  readonly #scheduler: SendScheduler;
  readonly #onOverflow: () => void;
  #isFlushPlanned = false;
  #isFlushing = false;
  #isClosed = false;

  /** `onOverflow`: the peer makes us answer and does not read. */
  constructor(pipe: BytePipe, numberFirstFrame: (sender: StreamSender) => number | undefined, onOverflow: () => void) {
    this.#pipe = pipe;
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

  /** Before an end: what the link has to say leaves, whether the pipe is full or not. */
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
