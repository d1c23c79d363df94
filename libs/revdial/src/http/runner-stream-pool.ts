import type { Duplex } from 'node:stream';
import { WaitingLine } from '@helix/pacing';
import { abortErrorOf, RevDialError } from '../revdial-error.js';
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
  readonly requireFreshStream: boolean;
}

/** The kept streams of one runner: at most so many, the rest waits in a bounded line, in order. */
export class RunnerStreamPool {
  readonly #options: RunnerStreamPoolOptions;
  readonly #streams = new Set<HttpStream>();
  /** The one used last is taken first, so that the others can grow old and go. */
  readonly #idle: HttpStream[] = [];
  readonly #queue: WaitingLine<AcquireOptions, HttpStream>;
  #dialingCount = 0;
  #destroyReason: RevDialError | undefined;

  constructor(options: RunnerStreamPoolOptions) {
    this.#options = options;
    this.#queue = new WaitingLine({
      maxCount: options.maxQueuedCount,
      whenFull: () => new RevDialError('LIMIT_REACHED', 'too many requests wait for this runner'),
      whenLate: () => new RevDialError('LIMIT_REACHED', 'no stream of this runner became free in time'),
      whenAborted: abortErrorOf,
    });
  }

  get streamCount(): number {
    return this.#streams.size + this.#dialingCount;
  }

  get queuedCount(): number {
    return this.#queue.size;
  }

  /** @throws RevDialError LIMIT_REACHED, DIAL_ABORTED, SHUTTING_DOWN and what a dial throws */
  acquire(options: AcquireOptions): Promise<HttpStream> {
    if (this.#destroyReason !== undefined) return Promise.reject(this.#destroyReason);
    if (!options.requireFreshStream) {
      const kept = this.#takeIdle();
      if (kept !== undefined) return Promise.resolve(kept);
    }
    if (this.streamCount < this.#options.maxStreamCount) return this.#open(options);
    const { signal } = options;
    const queued = this.#queue.wait(options, { limitMs: this.#options.queueTimeoutMs, signal });
    // A kept stream does not serve this request: the end of the oldest makes room for a fresh one.
    if (options.requireFreshStream) this.#idle.shift()?.destroy();
    return queued;
  }

  /** Gives a stream back, to be called in a later turn than its answer's end: only then it is known whether it lives. */
  release(stream: HttpStream): void {
    if (!stream.isUsable) {
      stream.destroy();
      return;
    }
    const next = this.#queue.shift();
    if (next === undefined) this.#idle.push(stream);
    else next.serve(stream);
  }

  /** A newer link has come: idle streams of the older one go, busy ones are not kept. */
  retireAll(): void {
    for (const stream of this.#streams) stream.retire();
    for (const stream of this.#idle.splice(0)) stream.destroy();
  }

  failQueued(reason: RevDialError): void {
    this.#queue.refuseAll(reason);
    this.#checkEmpty();
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
      // Without a stream of its own that might end, nothing would serve the next in line.
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
    const next = this.#queue.shift();
    if (next === undefined) this.#checkEmpty();
    else next.serve(this.#open(next.ticket));
  }

  #checkEmpty(): void {
    if (this.streamCount === 0 && this.#queue.size === 0) this.#options.onEmpty();
  }
}
