import { Readable } from 'node:stream';
import { hasLink, type ConnectionEvent, type RunnerPresence } from '../connections/runner-presence.js';
import {
  HTTP_STREAMS_MAX_COUNT,
  REQUEST_BODY_TIMEOUT_MS,
  REQUEST_CONNECT_TIMEOUT_MS,
  REQUEST_HEADERS_TIMEOUT_MS,
  REQUEST_QUEUE_TIMEOUT_MS,
  RUNNER_QUEUED_REQUESTS_MAX_COUNT,
  RUNNER_STREAMS_MAX_COUNT,
  STREAM_IDLE_LIMIT_MS,
} from '../limits.js';
import { RevDialCounters } from '../revdial-counters.js';
import { abortErrorOf, RevDialError } from '../revdial-error.js';
import type { RevDialLogger } from '../revdial-logger.js';
import type { StreamClass } from '../tunnel-stream.js';
import type { RunnerDialer } from '../runner-dialer.js';
import type { RunnerId } from '../runner-id.js';
import { HttpExchange } from './http-exchange.js';
import { observeRequest } from './request-diagnostics.js';
import { RequestUpload } from './request-upload.js';
import type { RunnerHttp, RunnerHttpRequest, RunnerHttpResponse } from './runner-http.js';
import { RunnerStreamPool } from './runner-stream-pool.js';

/** Every number has its default in `limits.ts`. */
export interface RunnerHttpPoolOptions {
  readonly maxStreamCountPerRunner?: number;
  readonly maxQueuedRequestCountPerRunner?: number;
  /** Over all runners. */
  readonly maxStreamCount?: number;
  readonly idleLimitMs?: number;
  readonly queueTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  readonly bodyTimeoutMs?: number;
  readonly logger?: RevDialLogger;
  readonly counters?: RevDialCounters;
}

/** A dialer that may also tell of runners' links, as the connection manager does. */
export type ObservableDialer = RunnerDialer & Partial<Pick<RunnerPresence, 'find' | 'subscribe'>>;

/**
 * HTTP/1.1 over dials (HTTP/1.0 servers that close after each answer work too), with kept streams: a dial costs four to
 * five round trips, a kept stream one. A runner has a pool only as long as it has streams or requests.
 *
 * A kept stream may have died unnoticed. If it ends before a byte of the answer, a request that may be sent twice (GET, PUT
 * or DELETE with a body that is at hand), or that was not written yet, is sent once more on a fresh stream.
 */
export class RunnerHttpPool implements RunnerHttp {
  readonly counters: RevDialCounters;
  readonly #dialer: ObservableDialer;
  readonly #options: RunnerHttpPoolOptions;
  /** By runner, and apart for bulk where its link knows the difference. */
  readonly #pools = new Map<string, RunnerStreamPool>();
  readonly #unsubscribe: (() => void) | undefined;
  readonly #onDrained: (() => void)[] = [];
  #streamCount = 0;
  #isClosed = false;

  constructor(dialer: ObservableDialer, options: RunnerHttpPoolOptions = {}) {
    this.#dialer = dialer;
    this.#options = options;
    this.counters = options.counters ?? new RevDialCounters();
    this.#unsubscribe = dialer.subscribe?.((event) => {
      this.#observe(event);
    });
  }

  /** HTTP streams open or being dialed, over all runners. */
  get streamCount(): number {
    return this.#streamCount;
  }

  /**
   * The wait for a lost link to come back is bounded by the grace period, the one for a free stream by `queueTimeoutMs`; then
   * come the deadlines of the request.
   * @throws RevDialError what a dial throws; LIMIT_REACHED, SERVICE_DOWN, UPSTREAM_TIMEOUT, UPSTREAM_INVALID, LINK_LOST,
   * DIAL_ABORTED, REQUEST_BODY_STALLED, SHUTTING_DOWN; a body that is a stream is destroyed then
   * @throws TypeError when path or headers are not valid HTTP
   */
  async request(runnerId: RunnerId, request: RunnerHttpRequest): Promise<RunnerHttpResponse> {
    this.counters.requests += 1;
    try {
      return await observeRequest(runnerId, request, () => this.#uploadAndSend(runnerId, request));
    } catch (error) {
      if (error instanceof RevDialError) this.counters.count(this.counters.requestFailures, error.code);
      throw error;
    }
  }

  /**
   * Refuses new requests and lets those under way finish; idle streams go at once. Resolves when no stream is left, which
   * the deadlines of the requests bound, or `destroy`. Idempotent.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pool of [...this.#pools.values()]) pool.retireAll();
    if (this.#pools.size === 0) return;
    await new Promise<void>((resolve) => this.#onDrained.push(resolve));
  }

  /** Cuts all streams; requests under way fail with SHUTTING_DOWN. Idempotent. */
  destroy(): void {
    this.#isClosed = true;
    this.#unsubscribe?.();
    for (const pool of [...this.#pools.values()])
      pool.destroy(new RevDialError('SHUTTING_DOWN', 'this replica is closing'));
  }

  async #uploadAndSend(runnerId: RunnerId, request: RunnerHttpRequest): Promise<RunnerHttpResponse> {
    const { body } = request;
    if (!(body instanceof Readable)) return this.#sendOrRepeat(runnerId, request);
    const upload = new RequestUpload(body, this.#bodyTimeoutMsOf(request));
    const signal = request.signal === undefined ? upload.signal : AbortSignal.any([request.signal, upload.signal]);
    try {
      return await this.#sendOrRepeat(runnerId, { ...request, signal }, upload);
    } catch (error) {
      upload.end();
      throw error;
    }
  }

  async #sendOrRepeat(
    runnerId: RunnerId,
    request: RunnerHttpRequest,
    upload?: RequestUpload,
  ): Promise<RunnerHttpResponse> {
    if (request.signal?.aborted === true) throw abortErrorOf(request.signal.reason);
    if (upload !== undefined) {
      // Not to be repeated: what was read of the body is gone with the first attempt.
      const only = await this.#sendOnce(runnerId, request, request.requireFreshStream === true, upload);
      if (only.outcome === 'answered') return only.response;
      throw only.error;
    }
    const first = await this.#sendOnce(runnerId, request, request.requireFreshStream === true);
    if (first.outcome === 'answered') return first.response;
    if (!first.mayRepeat) throw first.error;
    this.counters.requestsRetried += 1;
    const second = await this.#sendOnce(runnerId, request, true);
    if (second.outcome === 'answered') return second.response;
    throw second.error;
  }

  async #sendOnce(
    runnerId: RunnerId,
    request: RunnerHttpRequest,
    requireFreshStream: boolean,
    upload?: RequestUpload,
  ): Promise<Attempt> {
    const pool = this.#poolOf(runnerId, request.class ?? 'interactive');
    const stream = await pool.acquire({
      signal: request.signal,
      connectTimeoutMs: request.connectTimeoutMs ?? this.#options.connectTimeoutMs ?? REQUEST_CONNECT_TIMEOUT_MS,
      // A dial waits for the link by itself; on a kept stream the wait would count as the service's slowness.
      requireFreshStream: requireFreshStream || this.#dialer.find?.(runnerId)?.state === 'resuming',
    });
    if (request.signal?.aborted === true) {
      stream.destroy();
      throw abortErrorOf(request.signal.reason);
    }
    return new Promise((resolve) => {
      const exchange: HttpExchange = new HttpExchange(request, stream, this.#bodyTimeoutMsOf(request), {
        onStarted: () => {
          upload?.begin();
        },
        onResponse: (response) => {
          resolve({ outcome: 'answered', response });
        },
        onFailure: (error) => {
          resolve({ outcome: 'failed', error, mayRepeat: mayRepeat(request, exchange) });
        },
        onFinished: (isWhole) => {
          upload?.end();
          // undici closes a stream that cannot be kept right after it has told of the end.
          if (isWhole) queueMicrotask(pool.release.bind(pool, stream));
          else stream.destroy();
        },
      });
      stream.dispatch(
        {
          path: request.path,
          method: request.method,
          headers: request.headers ?? null,
          body: request.body ?? null,
          headersTimeout: request.headersTimeoutMs ?? this.#options.headersTimeoutMs ?? REQUEST_HEADERS_TIMEOUT_MS,
          // The exchange has a clock of its own.
          bodyTimeout: 0,
        },
        exchange,
      );
    });
  }

  #bodyTimeoutMsOf(request: RunnerHttpRequest): number {
    return request.bodyTimeoutMs ?? this.#options.bodyTimeoutMs ?? REQUEST_BODY_TIMEOUT_MS;
  }

  #poolOf(runnerId: RunnerId, streamClass: StreamClass): RunnerStreamPool {
    if (this.#isClosed) throw new RevDialError('SHUTTING_DOWN', 'this replica is closing');
    const isApart = streamClass === 'bulk' && this.#knowsClasses(runnerId);
    const key = isApart ? bulkKeyOf(runnerId) : runnerId;
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    const options = this.#options;
    const maxStreamCount = options.maxStreamCount ?? HTTP_STREAMS_MAX_COUNT;
    const pool: RunnerStreamPool = new RunnerStreamPool({
      maxStreamCount: options.maxStreamCountPerRunner ?? RUNNER_STREAMS_MAX_COUNT,
      maxQueuedCount: options.maxQueuedRequestCountPerRunner ?? RUNNER_QUEUED_REQUESTS_MAX_COUNT,
      idleLimitMs: options.idleLimitMs ?? STREAM_IDLE_LIMIT_MS,
      queueTimeoutMs: options.queueTimeoutMs ?? REQUEST_QUEUE_TIMEOUT_MS,
      dial: (dialOptions) =>
        this.#dialer.dial(runnerId, isApart ? { ...dialOptions, class: streamClass } : dialOptions),
      takePlace: () => {
        if (this.#streamCount >= maxStreamCount) return false;
        this.#streamCount += 1;
        return true;
      },
      givePlace: () => {
        this.#streamCount -= 1;
      },
      onEmpty: () => {
        if (this.#pools.get(key) === pool) this.#pools.delete(key);
        if (this.#pools.size === 0) for (const resolve of this.#onDrained.splice(0)) resolve();
      },
    });
    this.#pools.set(key, pool);
    return pool;
  }

  /** Do streams of this runner have classes now? */
  #knowsClasses(runnerId: RunnerId): boolean {
    const runner = this.#dialer.find?.(runnerId);
    return runner !== undefined && hasLink(runner) && runner.transport.startsWith('mux');
  }

  #observe(event: ConnectionEvent): void {
    for (const key of [event.runnerId, bulkKeyOf(event.runnerId)]) {
      const pool = this.#pools.get(key);
      // Answers under way go on: a link that was cut for good has lost its streams as well.
      if (event.type !== 'lost') pool?.retireAll();
      if (event.type === 'gone')
        pool?.failQueued(new RevDialError('RUNNER_NOT_CONNECTED', `${event.runnerId} is not connected`));
    }
  }
}

type Attempt =
  | { readonly outcome: 'answered'; readonly response: RunnerHttpResponse }
  | { readonly outcome: 'failed'; readonly error: Error; readonly mayRepeat: boolean };

/** Runner ids contain no spaces, so this key cannot collide. */
function bulkKeyOf(runnerId: RunnerId): string {
  return `${runnerId} bulk`;
}

/** Sent twice, these may do it twice. */
const CHANGES_EACH_TIME: ReadonlySet<RunnerHttpRequest['method']> = new Set(['POST', 'PATCH'] as const);

function mayRepeat(request: RunnerHttpRequest, exchange: HttpExchange): boolean {
  if (!exchange.isReused || !exchange.hasDiedUnanswered) return false;
  return !exchange.wasSent || !CHANGES_EACH_TIME.has(request.method);
}
