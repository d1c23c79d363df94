import type { Readable } from 'node:stream';
import type { StreamClass } from '../tunnel-stream.js';
import type { RunnerId } from '../runner-id.js';

export interface RunnerHttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'PATCH';
  /** Path and query, beginning with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is destroyed when the request fails. */
  readonly body?: string | Buffer | Readable;
  /** Aborts the request; the stream is destroyed, never returned to the pool. */
  readonly signal?: AbortSignal;
  /**
   * Not on a kept stream: for services that end quiet connections after seconds, and a request that may not be sent twice.
   * Where no more streams may be opened, a kept one is taken all the same.
   */
  readonly requireFreshStream?: boolean;
  /** `bulk` gives way to everything else of its link, where that is multiplexed. */
  readonly class?: StreamClass;
  readonly connectTimeoutMs?: number;
  readonly headersTimeoutMs?: number;
  /** Longest silence between two pieces of a body: the answer's, and the request's where it is a stream; 0: none is too long. */
  readonly bodyTimeoutMs?: number;
}

export interface RunnerHttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read to its end or destroyed. Errors with a RevDialError (UPSTREAM_TIMEOUT, UPSTREAM_INVALID, LINK_LOST). */
  readonly body: Readable;
}

/** HTTP over dials, one bounded pool of kept-alive streams for each runner. The class `RunnerHttpPool` implements it. */
export interface RunnerHttp {
  /**
   * @throws RevDialError what a dial throws, SERVICE_DOWN when a fresh stream ends before the first byte,
   * UPSTREAM_TIMEOUT, UPSTREAM_INVALID, DIAL_ABORTED, REQUEST_BODY_STALLED
   */
  request(runnerId: RunnerId, request: RunnerHttpRequest): Promise<RunnerHttpResponse>;
}
