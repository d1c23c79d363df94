import type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from '../../src/carrier/byte-pipe.js';

const QUEUE_MAX_BYTES = 64 * 1024;

/**
 * One end of a pair of carriers in memory. What is written waits at its writer until it is delivered: by itself, a turn of the event
 * loop later, or in a manual pair when the test says so and as much as it says.
 */
export class MemoryCarrier implements BytePipe {
  readonly roundTripMs = undefined;
  readonly #isManual: boolean;
  #peer: MemoryCarrier | undefined;
  #receiver: PipeReceiver | undefined;
  #outbox: Buffer[] = [];
  #outboxBytes = 0;
  #isPaused = false;
  #isScheduled = false;
  #farewell: PipeCloseCode | undefined;
  #end: PipeEnd | undefined;

  constructor(isManual: boolean) {
    this.#isManual = isManual;
  }

  join(peer: MemoryCarrier): void {
    this.#peer = peer;
  }

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
    if (this.#end === undefined) this.#peer?.deliverSoon();
    else this.#tell(this.#end);
  }

  get writableBytes(): number {
    return this.#isOpen ? Math.max(0, QUEUE_MAX_BYTES - this.#outboxBytes) : 0;
  }

  /** Written and not delivered. */
  get waitingBytes(): number {
    return this.#outboxBytes;
  }

  write(chunks: readonly Buffer[]): void {
    if (!this.#isOpen) return;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#outbox.push(chunk);
      this.#outboxBytes += chunk.length;
    }
    this.deliverSoon();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#peer?.deliverSoon();
  }

  close(code: PipeCloseCode): void {
    if (!this.#isOpen) return;
    this.#farewell = code;
    this.deliverSoon();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#finish({ code, reason: '', byPeer: false, ...(cause === undefined ? {} : { cause }) });
    this.#peer?.cut();
  }

  /** The connection breaks: what was not delivered is gone. */
  cut(): void {
    this.#finish({ code: 'lost', reason: '', byPeer: false });
  }

  /** Delivers what was written, at most so much, in one piece. */
  deliver(maxBytes = Infinity): void {
    const peer = this.#peer;
    if (peer === undefined || peer.#receiver === undefined || peer.#isPaused || this.#end !== undefined) return;
    const waiting = Buffer.concat(this.#outbox);
    const bytes = waiting.subarray(0, Math.min(waiting.length, maxBytes));
    this.#outbox = bytes.length === waiting.length ? [] : [waiting.subarray(bytes.length)];
    const wasFull = this.#outboxBytes >= QUEUE_MAX_BYTES;
    this.#outboxBytes = waiting.length - bytes.length;
    if (bytes.length > 0 && peer.#end === undefined) peer.#receiver.onBytes(bytes);
    if (wasFull && this.writableBytes > 0) this.#receiver?.onWritable();
    if (this.#farewell !== undefined && this.#outboxBytes === 0) {
      peer.#finish({ code: 'done', reason: '', byPeer: true });
      this.#finish({ code: this.#farewell, reason: '', byPeer: false });
    }
  }

  deliverSoon(): void {
    if (this.#isManual || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.deliver();
    });
  }

  get #isOpen(): boolean {
    return this.#end === undefined && this.#farewell === undefined;
  }

  #finish(end: PipeEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#outbox = [];
    this.#outboxBytes = 0;
    if (this.#receiver !== undefined) this.#tell(end);
  }

  #tell(end: PipeEnd): void {
    process.nextTick(() => this.#receiver?.onClosed(end));
  }
}

export function memoryCarriers(isManual = false): readonly [MemoryCarrier, MemoryCarrier] {
  const [near, far] = [new MemoryCarrier(isManual), new MemoryCarrier(isManual)];
  near.join(far);
  far.join(near);
  return [near, far];
}
