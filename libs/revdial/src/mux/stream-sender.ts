import { FRAME_FLAGS, FRAME_TYPES } from './frame-codec.js';
import type { FrameBatch } from './frame-batch.js';
import { SEND_WINDOW_MAX_BYTES, STREAM_WINDOW_INITIAL_BYTES } from './limits.js';
import type { ReadyRing } from './ready-ring.js';
import type { StreamClass } from '../tunnel-stream.js';

/** What the sender tells its stream. */
export interface SenderOwner {
  /** Nothing follows the bytes that wait: the end may travel with the last of them. */
  readonly isLastWriteKnown: boolean;
  /** The bytes given to `send` are on their way. */
  onSent(): void;
  onEndSent(): void;
}

/**
 * The sending half of one stream: waiting bytes, remaining credit, and the flags of the next frame. The scheduler takes one frame
 * at a time.
 */
export class StreamSender {
  /** Of the ring it waits in; written by the ring only. */
  ring: ReadyRing<StreamSender> | undefined;
  before: StreamSender | undefined;
  after: StreamSender | undefined;

  /** Given with the first frame, since ids rise in the order of the wire. */
  id: number | undefined;
  streamClass: StreamClass;
  readonly #owner: SenderOwner;
  /** SYN or ACK until the first frame has carried it. */
  #introduction: number;
  #windowBytes = STREAM_WINDOW_INITIAL_BYTES;
  #waiting: readonly Buffer[] = [];
  #waitingAt = 0;
  #offset = 0;
  #waitingBytes = 0;
  #byteCountOfWrite = 0;
  #isEndWanted = false;
  #isEndSent = false;
  #hasSentAll = false;

  constructor(owner: SenderOwner, streamClass: StreamClass, acceptedId?: number) {
    this.#owner = owner;
    this.streamClass = streamClass;
    this.id = acceptedId;
    this.#introduction = acceptedId === undefined ? FRAME_FLAGS.syn : FRAME_FLAGS.ack;
  }

  get isEndSent(): boolean {
    return this.#isEndSent;
  }

  /** All that was given to the latest `send`. */
  get byteCountOfWrite(): number {
    return this.#byteCountOfWrite;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  get isReady(): boolean {
    if (this.#introduction !== 0) return true;
    if (this.#waitingBytes > 0) return this.#windowBytes > 0;
    return this.#isEndWanted && !this.#isEndSent;
  }

  /** One batch at a time, not empty; `onSent` follows. */
  send(chunks: readonly Buffer[], byteLength: number): void {
    this.#waiting = chunks;
    this.#waitingAt = 0;
    this.#offset = 0;
    this.#waitingBytes = byteLength;
    this.#byteCountOfWrite = byteLength;
  }

  sendEnd(): void {
    this.#isEndWanted = true;
  }

  /** False when no honest peer gives so much. */
  addCredit(bytes: number): boolean {
    this.#windowBytes += bytes;
    return this.#windowBytes <= SEND_WINDOW_MAX_BYTES;
  }

  /** Flags that a frame outside the scheduler takes along, when it is the first of an accepted stream. */
  takeAcknowledgement(): number {
    if (this.#introduction !== FRAME_FLAGS.ack) return 0;
    this.#introduction = 0;
    return FRAME_FLAGS.ack;
  }

  /** Adds one frame of so many bytes at most to the batch. Only when ready, and with an id. */
  takeFrame(batch: FrameBatch, id: number, maxBytes: number): void {
    const length = Math.min(this.#waitingBytes, this.#windowBytes, maxBytes);
    let flags = this.#introduction;
    this.#introduction = 0;
    const isLast = length === this.#waitingBytes;
    if (isLast && !this.#isEndSent && (this.#isEndWanted || (length > 0 && this.#owner.isLastWriteKnown))) {
      flags |= FRAME_FLAGS.fin;
      this.#isEndSent = true;
    }
    if (length === 0) {
      batch.addHeader(FRAME_TYPES.windowUpdate, flags, id, 0);
      return;
    }
    batch.addDataHeader(flags, id, length);
    this.#windowBytes -= length;
    this.#waitingBytes -= length;
    this.#hasSentAll = isLast;
    this.#addPayload(batch, length);
  }

  /** After the batch was written: tells the owner, who may send more at once. */
  settle(): void {
    // The end first: a writer that continues in the callback of its last write has to know of it.
    if (this.#isEndSent) this.#owner.onEndSent();
    if (!this.#hasSentAll) return;
    this.#hasSentAll = false;
    this.#owner.onSent();
  }

  /** True when it waited in one. */
  leaveRing(): boolean {
    if (this.ring === undefined) return false;
    this.ring.remove(this);
    return true;
  }

  /** Drops waiting bytes. */
  drop(): void {
    this.leaveRing();
    this.#introduction = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isEndWanted = false;
    this.#hasSentAll = false;
  }

  #addPayload(batch: FrameBatch, length: number): void {
    let left = length;
    while (left > 0) {
      const chunk = this.#waiting[this.#waitingAt];
      if (chunk === undefined) return;
      const end = Math.min(chunk.length, this.#offset + left);
      batch.addPayload(this.#offset === 0 && end === chunk.length ? chunk : chunk.subarray(this.#offset, end));
      left -= end - this.#offset;
      this.#offset = end;
      if (end < chunk.length) return;
      this.#waitingAt += 1;
      this.#offset = 0;
    }
    if (this.#waitingBytes === 0) this.#waiting = [];
  }
}
