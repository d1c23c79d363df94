import { setTimeout as delay } from 'node:timers/promises';

import { ClosedLoop } from './closed-loop.js';

/** Kinds of error that are told apart in the result; more of them would be one cause in many words. */
const REASONS_COUNT = 20;

export interface LoadJob {
  /** Caller number i asks for `urls[i % urls.length]`. */
  readonly urls: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly callers: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** A shorter body counts as an error; 1 when not given. */
  readonly minBodyBytes?: number;
  /** A connection for each request, whose opening counts. */
  readonly isFresh?: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Bytes of bodies received in the measured time. */
  readonly bytes: number;
  /** What went wrong, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Runs the job's callers for the warm-up, then for the measured time. Only answers that end in it are counted. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = [];
  const reasons: Record<string, number> = {};
  let measuring = false;
  let errors = 0;
  let bytes = 0;
  const loops = Array.from({ length: job.callers }, (_, index) => {
    return new ClosedLoop({
      url: job.urls[index % job.urls.length] ?? '',
      headers: job.headers ?? {},
      minBodyBytes: job.minBodyBytes ?? 1,
      isFresh: job.isFresh ?? false,
      onAnswer: (latencyMs, bodyBytes) => {
        if (!measuring) return;
        latencies.push(latencyMs);
        bytes += bodyBytes;
      },
      onError: (reason) => {
        if (!measuring) return;
        errors += 1;
        if (reason in reasons || Object.keys(reasons).length < REASONS_COUNT)
          reasons[reason] = (reasons[reason] ?? 0) + 1;
      },
    });
  });
  for (const loop of loops) loop.start();
  await delay(job.warmupMs);
  measuring = true;
  const startedAt = performance.now();
  await delay(job.durationMs);
  measuring = false;
  const elapsedMs = performance.now() - startedAt;
  for (const loop of loops) loop.destroy();
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests: sorted.length,
    errors,
    rps: round((sorted.length / elapsedMs) * 1000),
    p50Ms: round(quantile(sorted, 0.5)),
    p99Ms: round(quantile(sorted, 0.99)),
    bytes,
    reasons,
  };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
