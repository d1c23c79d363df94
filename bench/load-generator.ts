import { text } from 'node:stream/consumers';

import { type LoadJob, runLoad } from './load.js';

/**
 * Load generator process: reads one JSON job on standard input, prints one JSON line with the result.
 * `{"urls":[…],"headers":{…},"callers":32,"warmupMs":1000,"durationMs":5000,"minBodyBytes":1}`
 */
function parseJob(job: string): LoadJob {
  const parsed: unknown = JSON.parse(job);
  if (!isLoadJob(parsed)) throw new Error('a job has urls, callers, warmupMs and durationMs');
  return parsed;
}

function isLoadJob(value: unknown): value is LoadJob {
  if (typeof value !== 'object' || value === null) return false;
  const job = value as Partial<Record<keyof LoadJob, unknown>>;
  return (
    Array.isArray(job.urls) &&
    job.urls.length > 0 &&
    job.urls.every((url) => typeof url === 'string') &&
    [job.callers, job.warmupMs, job.durationMs].every((count) => typeof count === 'number' && count >= 0)
  );
}

try {
  const result = await runLoad(parseJob(await text(process.stdin)));
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  process.stderr.write(`load-generator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
