import type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from '../carrier/byte-pipe.js';
import { seededRandom } from './seeded-random.js';

export interface MemoryPipeOptions {
  /** Cuts what is delivered into pieces of 1 to `maxBytes`, the same ones for the same seed. Without it: as it was written. */
  readonly chunking?: { readonly seed: number; readonly maxBytes: number };
  /** One way. */
  readonly latencyMs?: number;
  readonly rateBytesPerS?: number;
}

/** As a carrier: what waits here beyond it is more than is wanted. */
const SHALLOW_BYTES = 64 * 1024;
/** What is under way with latency is not waiting, but has a bound too. */
const UNDER_WAY_MAX_BYTES = 8 * 1024 * 1024;
const DELIVERED_A_TURN_MAX_BYTES = 256 * 1024;

/** One end of `memoryPipePair`. Its `destroy` drops what is under way both ways, and the other end has `lost` its carrier. */
export class MemoryPipe implements BytePipe {
  readonly #options: MemoryPipeOptions;
  readonly #random: () => number;
  #other: MemoryPipe | undefined;
  #receiver: PipeReceiver | undefined;
  /** Written here and not delivered there. */
  #queue: { bytes: Buffer; readonly dueAtMs: number }[] = [];
  #queuedBytes = 0;
  #rateFreeAtMs = 0;
  #isPlanned = false;
  #timer: NodeJS.Timeout | undefined;
  #isPaused = false;
  #isEnding: PipeEnd | undefined;
  #isClosed = false;
  #wasFull = false;

  constructor(options: MemoryPipeOptions, seed: number) {
    this.#options = options;
    this.#random = seededRandom(seed);
  }

  connect(other: MemoryPipe): void {
    this.#other = other;
  }

  get roundTripMs(): number | undefined {
    return this.#options.latencyMs === undefined ? undefined : 2 * this.#options.latencyMs;
  }

  get writableBytes(): number {
    const { latencyMs, rateBytesPerS } = this.#options;
    const hasFlight = latencyMs !== undefined && latencyMs > 0;
    const waitingBytes =
      hasFlight && rateBytesPerS !== undefined
        ? (Math.max(0, this.#rateFreeAtMs - performance.now()) * rateBytesPerS) / 1000
        : this.#queuedBytes;
    const limit = hasFlight && rateBytesPerS === undefined ? UNDER_WAY_MAX_BYTES : SHALLOW_BYTES;
    const writable = Math.max(0, Math.floor(limit - waitingBytes));
    if (writable === 0) this.#wasFull = true;
    return this.#isClosed ? 0 : writable;
  }

  start(receiver: PipeReceiver): void {
    if (this.#receiver !== undefined) throw new Error('the pipe was started before');
    this.#receiver = receiver;
    this.#other?.plan();
  }

  write(chunks: readonly Buffer[]): void {
    if (this.#isClosed || this.#isEnding !== undefined) return;
    const { latencyMs = 0, rateBytesPerS } = this.#options;
    for (const bytes of chunks) {
      if (bytes.length === 0) continue;
      const now = performance.now();
      let leavesAtMs = now;
      if (rateBytesPerS !== undefined) {
        this.#rateFreeAtMs = Math.max(now, this.#rateFreeAtMs) + (bytes.length * 1000) / rateBytesPerS;
        leavesAtMs = this.#rateFreeAtMs;
      }
      this.#queue.push({ bytes, dueAtMs: leavesAtMs + latencyMs });
      this.#queuedBytes += bytes.length;
    }
    this.plan();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#other?.plan();
  }

  close(code: PipeCloseCode, reason = ''): void {
    if (this.#isClosed) return;
    this.#isEnding ??= { code, reason, byPeer: false };
    this.plan();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.end({ code, reason: '', byPeer: false, ...(cause === undefined ? {} : { cause }) });
    this.#other?.end({ code: 'lost', reason: '', byPeer: true });
  }

  // What the other end asks of this one.

  get isTaking(): boolean {
    return this.#receiver !== undefined && !this.#isPaused;
  }

  accept(bytes: Buffer): void {
    this.#receiver?.onBytes(bytes);
  }

  /** Delivers in a turn of its own, as a socket does. */
  plan(): void {
    if (this.#isPlanned || this.#isClosed) return;
    const next = this.#queue[0];
    if (next === undefined && this.#isEnding === undefined) return;
    this.#isPlanned = true;
    const waitMs = next === undefined ? 0 : next.dueAtMs - performance.now();
    if (waitMs > 0) this.#timer = setTimeout(this.#deliver, Math.ceil(waitMs));
    else setImmediate(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#isPlanned = false;
    let leftBytes = DELIVERED_A_TURN_MAX_BYTES;
    while (leftBytes > 0 && this.#canDeliver()) {
      const piece = this.#takePiece();
      if (piece === undefined) break;
      leftBytes -= piece.length;
      this.#other?.accept(piece);
    }
    if (this.#isClosed) return;
    if (this.#wasFull && this.writableBytes > 0) {
      this.#wasFull = false;
      this.#receiver?.onWritable();
    }
    if (this.#queue.length === 0 && this.#isEnding !== undefined && this.#canDeliver()) {
      const end = this.#isEnding;
      this.end(end);
      this.#other?.end({ ...end, byPeer: true });
      return;
    }
    if (this.#canDeliver()) this.plan();
  };

  #canDeliver(): boolean {
    return !this.#isClosed && this.#other?.isTaking === true;
  }

  #takePiece(): Buffer | undefined {
    const first = this.#queue[0];
    if (first === undefined || first.dueAtMs > performance.now()) return undefined;
    const { chunking } = this.#options;
    const { bytes } = first;
    const size = chunking === undefined ? bytes.length : 1 + Math.floor(this.#random() * chunking.maxBytes);
    if (size >= bytes.length) this.#queue.shift();
    else first.bytes = bytes.subarray(size);
    const piece = bytes.subarray(0, size);
    this.#queuedBytes -= piece.length;
    return piece;
  }

  end(end: PipeEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue = [];
    setImmediate(() => this.#receiver?.onClosed(end));
  }
}
