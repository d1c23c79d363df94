import { channel } from 'node:diagnostics_channel';
import { RevDialError } from '../revdial-error.js';
import type { RunnerHttpRequest, RunnerHttpResponse } from './runner-http.js';

/** Published on `helix:revdial:request:start`. */
export interface RequestStart {
  readonly runnerId: string;
  readonly method: string;
  /** Without its query, which may hold secrets. */
  readonly path: string;
}

/** Published on `helix:revdial:request:end`, when the head of the answer has come or the request has failed. */
export interface RequestEnd extends RequestStart {
  /** Of the answer. */
  readonly status?: number;
  /** A `RevDialErrorCode`, or `OTHER`. */
  readonly code?: string;
  readonly durationMs: number;
}

const STARTS = channel('helix:revdial:request:start');
const ENDS = channel('helix:revdial:request:end');

/** Settles as `send` does, and publishes both its ends where there is a subscriber. */
export async function observeRequest(
  runnerId: string,
  request: RunnerHttpRequest,
  send: () => Promise<RunnerHttpResponse>,
): Promise<RunnerHttpResponse> {
  if (!STARTS.hasSubscribers && !ENDS.hasSubscribers) return send();
  const start: RequestStart = { runnerId, method: request.method, path: request.path.split('?', 1)[0] ?? '' };
  const startedAtMs = performance.now();
  const tellEnd = (outcome: Pick<RequestEnd, 'status' | 'code'>): void => {
    ENDS.publish({ ...start, ...outcome, durationMs: performance.now() - startedAtMs } satisfies RequestEnd);
  };
  STARTS.publish(start);
  try {
    const response = await send();
    tellEnd({ status: response.status });
    return response;
  } catch (error) {
    tellEnd({ code: error instanceof RevDialError ? error.code : 'OTHER' });
    throw error;
  }
}
