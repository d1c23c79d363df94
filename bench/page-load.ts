import { setTimeout as delay } from 'node:timers/promises';
import { OpenPage } from './open-page.js';
import { pagePolls, type PagePoll } from './page-polls.js';

/** Kinds of error that are told apart in the result; more of them would be one cause in many words. */
const REASONS_COUNT = 20;

const PROBE_TIMEOUT_MS = 5_000;

export interface PageJob {
  readonly apiUrl: string;
  readonly key: string;
  /** One open page for each. */
  readonly sessionIds: readonly string[];
  readonly pictureMinBytes: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Read at the beginning and at the end of the measured time. */
  readonly probeUrls: readonly string[];
}

export interface PageFigures {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Answers 404 of polls whose route may not be there, by poll. */
  readonly missing: Readonly<Record<string, number>>;
  /** Between the two readings of the probes. */
  readonly probedMs: number;
  /** Undefined: not to be had, which counts as an error. */
  readonly probes: { readonly before: readonly string[]; readonly after: readonly string[] } | undefined;
}

/** Opens the pages, waits for the warm-up, and counts what is answered in the measured time. */
export async function runPages(job: PageJob): Promise<PageFigures> {
  const url = new URL(job.apiUrl);
  const latencies: number[] = [];
  const reasons: Record<string, number> = {};
  const missing: Record<string, number> = {};
  let measuring = false;
  let errors = 0;
  const pages = job.sessionIds.map(
    () =>
      new OpenPage(url, ({ poll, latencyMs, result, reason }) => {
        if (!measuring) return;
        if (result === 'failed') {
          errors += 1;
          if (reason in reasons || Object.keys(reasons).length < REASONS_COUNT)
            reasons[reason] = (reasons[reason] ?? 0) + 1;
          return;
        }
        latencies.push(latencyMs);
        if (result === 'missing') missing[poll] = (missing[poll] ?? 0) + 1;
      }),
  );
  const polls = pagePolls(job.pictureMinBytes);
  pages.forEach((page, index) => {
    const id = job.sessionIds[index] ?? '';
    page.start(index, polls, (poll) => requestOf(poll, id, url.host, job.key));
  });
  await delay(job.warmupMs);
  const before = await readAll(job.probeUrls);
  measuring = true;
  const startedAt = performance.now();
  await delay(job.durationMs);
  measuring = false;
  const elapsedMs = performance.now() - startedAt;
  const answeredCount = latencies.length;
  // Who is not answered yet has waited this long at least; leaving the slowest out would flatter.
  latencies.push(...pages.flatMap((page) => page.waitingMs()));
  const after = await readAll(job.probeUrls);
  const probedMs = performance.now() - startedAt;
  for (const page of pages) page.destroy();
  const probes = before === undefined || after === undefined ? undefined : { before, after };
  if (probes === undefined) {
    errors += 1;
    reasons['a probe was not answered'] = 1;
  }
  const sorted = Float64Array.from(latencies).sort();
  const quantile = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
  return {
    rps: Math.round((answeredCount / elapsedMs) * 10_000) / 10,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    errors,
    reasons,
    missing,
    probedMs,
    probes,
  };
}

/** Without `If-None-Match`: every picture is sent whole, as if each desktop had moved. */
function requestOf(poll: PagePoll, sessionId: string, host: string, key: string): Buffer {
  return Buffer.from(`GET ${poll.path(sessionId)} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n\r\n`);
}

/** Undefined when one does not answer: what is loaded is so far behind that its counts do not matter. */
async function readAll(urls: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    return await Promise.all(
      urls.map(async (url) => (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).text()),
    );
  } catch {
    return undefined;
  }
}
