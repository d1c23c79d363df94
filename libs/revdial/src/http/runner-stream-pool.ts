import type { Duplex } from 'node:stream';
import { RevDialError } from '../revdial-error.js';
import type { OpenStreamOptions } from '../runner-link.js';
import { HttpStream } from './http-stream.js';

export interface RunnerStreamPoolOptions {
  readonly maxStreamCount: number;
  readonly maxQueuedCount: number;
  readonly idleLimitMs: number;
  readonly queueTimeoutMs: number;
  readonly dial: (options: OpenStreamOptions) => Promise<Duplex>;
  /** Takes one of the places that all runners share, or refuses. */
  readonly takePlace: () => boolean;
  readonly givePlace: () => void;
  /** Nothing is open, dialing or waiting. */
  readonly onEmpty: () => void;
}

export interface AcquireOptions {
  readonly signal?: AbortSignal | undefined;
  readonly connectTimeoutMs: number;
  /** Not one that has carried a request before, as far as there is room to open another. */
  readonly isFreshWanted: boolean;
}

interface Queued {
  readonly options: AcquireOptions;
  readonly settle: (outcome: Promise<HttpStream> | HttpStream | Error) => void;
}

/** The kept streams of one runner: at most so many, the rest waits in a bounded line, in order. */
export class RunnerStreamPool {
  readonly #options: RunnerStreamPoolOptions;
  readonly #streams = new Set<HttpStream>();
  /** The one used last is taken first, so that the others can grow old and go. */
  readonly #idle: HttpStream[] = [];
  readonly #queue = new Set<Queued>();
  #dialingCount = 0;
  #destroyReason: RevDialError | undefined;

  constructor(options: RunnerStreamPoolOptions) {
    this.#options = options;
  }

  get streamCount(): number {
    return this.#streams.size + this.#dialingCount;
  }

  get queuedCount(): number {
    return this.#queue.size;
  }

  /** @throws RevDialError LIMIT_REACHED, DIAL_ABORTED, SHUTTING_DOWN and whatever a dial throws */
  acquire(options: AcquireOptions): Promise<HttpStream> {
    if (this.#destroyReason !== undefined) return Promise.reject(this.#destroyReason);
    if (!options.isFreshWanted) {
      const kept = this.#takeIdle();
      if (kept !== undefined) return Promise.resolve(kept);
    }
    if (this.streamCount < this.#options.maxStreamCount) return this.#open(options);
    const queued = this.#enqueue(options);
    // Of use to nobody who wants a fresh one: the end of the oldest makes room.
    if (options.isFreshWanted) this.#idle.shift()?.destroy();
    return queued;
  }

  /** Gives a stream back, to be called in a later turn than its answer's end: only then it is known whether it lives. */
  release(stream: HttpStream): void {
    if (!stream.isUsable) {
      stream.destroy();
      return;
    }
    const next = this.#shiftQueue();
    if (next === undefined) this.#idle.push(stream);
    else next.settle(stream);
  }

  /** A newer link stands: idle streams of the older one go, busy ones are not kept. */
  retireAll(): void {
    for (const stream of this.#streams) stream.retire();
    for (const stream of this.#idle.splice(0)) stream.destroy();
  }

  failQueued(reason: RevDialError): void {
    for (const queued of [...this.#queue]) queued.settle(reason);
  }

  /** Cuts all streams and fails all who wait. */
  destroy(reason: RevDialError): void {
    this.#destroyReason = reason;
    this.failQueued(reason);
    for (const stream of [...this.#streams]) stream.destroy(reason);
    this.#idle.length = 0;
    this.#checkEmpty();
  }

  #takeIdle(): HttpStream | undefined {
    for (;;) {
      const stream = this.#idle.pop();
      if (stream === undefined || stream.isUsable) return stream;
      stream.destroy();
    }
  }

  async #open(options: AcquireOptions): Promise<HttpStream> {
    if (!this.#options.takePlace()) {
      const kept = this.#takeIdle();
      if (kept !== undefined) return kept;
      const full = new RevDialError('LIMIT_REACHED', 'this replica has as many HTTP streams as it may');
      // Without a stream of its own that might end, nobody would call the next in line.
      if (this.streamCount === 0) this.failQueued(full);
      this.#checkEmpty();
      throw full;
    }
    this.#dialingCount += 1;
    try {
      const duplex = await this.#options.dial({
        timeoutMs: options.connectTimeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const stream: HttpStream = new HttpStream(duplex, this.#options.idleLimitMs, () => {
        this.#onClosed(stream);
      });
      this.#streams.add(stream);
      this.#dialingCount -= 1;
      if (this.#destroyReason !== undefined) stream.destroy(this.#destroyReason);
      return stream;
    } catch (error) {
      this.#dialingCount -= 1;
      this.#giveRoom();
      throw error;
    }
  }

  #onClosed(stream: HttpStream): void {
    this.#streams.delete(stream);
    const at = this.#idle.indexOf(stream);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#giveRoom();
  }

  #giveRoom(): void {
    this.#options.givePlace();
    const next = this.#shiftQueue();
    if (next === undefined) this.#checkEmpty();
    else next.settle(this.#open(next.options));
  }

  #enqueue(options: AcquireOptions): Promise<HttpStream> {
    const { signal } = options;
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (this.#queue.size >= this.#options.maxQueuedCount) {
      return Promise.reject(new RevDialError('LIMIT_REACHED', 'too many requests wait for this runner'));
    }
    return new Promise((resolve, reject) => {
      const settle = (outcome: Promise<HttpStream> | HttpStream | Error): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#queue.delete(queued);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
        this.#checkEmpty();
      };
      const onAbort = (): void => {
        settle(aborted(signal));
      };
      const timer = setTimeout(() => {
        settle(new RevDialError('LIMIT_REACHED', 'no stream of this runner became free in time'));
      }, this.#options.queueTimeoutMs);
      const queued: Queued = { options, settle };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(queued);
    });
  }

  #shiftQueue(): Queued | undefined {
    for (const queued of this.#queue) {
      this.#queue.delete(queued);
      return queued;
    }
    return undefined;
  }

  #checkEmpty(): void {
    if (this.streamCount === 0 && this.#queue.size === 0) this.#options.onEmpty();
  }
}

function aborted(signal: AbortSignal | undefined): RevDialError {
  return new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: signal?.reason });
}
