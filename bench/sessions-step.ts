import { metricValue } from './metric-value.js';
import type { PageFigures } from './page-load.js';

/** What one number of pages cost. */
export interface Step {
  readonly pages: number;
  readonly isCarried: boolean;
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** Answers 404 of polls whose route is not there, by poll; they count in `rps` and in the latencies. */
  readonly missing: Readonly<Record<string, number>>;
  /** This and the following are null when the counts could not be read. */
  readonly upstreamDialsPerS: number | null;
  readonly newStreamsPerPageS: number | null;
  readonly wolfCallsPerPageS: number | null;
  /** Of one processor, by the API's process alone. */
  readonly cpuPct: number | null;
}

const DIALS_STARTED = 'helix_tunnel_events_total{event="dial_started"}';
const DIALS_SUCCEEDED = 'helix_tunnel_events_total{event="dial_succeeded"}';

/** The first probe is the API's metrics, the others are simulated Wolfs. */
export function stepOf(pages: number, figures: PageFigures, p99MaxMs: number): Step {
  const { rps, p50Ms, p99Ms, errors, missing, probedMs, probes } = figures;
  const seconds = probedMs / 1_000;
  const { before = [], after = [] } = probes ?? {};
  const rise = (series: string): number => metricValue(after[0] ?? '', series) - metricValue(before[0] ?? '', series);
  const known = (value: number, digits: number): number | null =>
    probes === undefined ? null : Number(value.toFixed(digits));
  const wolfCalls = requestCount(after.slice(1)) - requestCount(before.slice(1));
  return {
    pages,
    isCarried: errors === 0 && p99Ms <= p99MaxMs,
    rps,
    p50Ms,
    p99Ms,
    errors,
    missing,
    upstreamDialsPerS: known(rise(DIALS_STARTED) / seconds, 2),
    newStreamsPerPageS: known(rise(DIALS_SUCCEEDED) / seconds / pages, 4),
    wolfCallsPerPageS: known(wolfCalls / seconds / pages, 4),
    cpuPct: known((rise('process_cpu_seconds_total') / seconds) * 100, 1),
  };
}

const COLUMNS: readonly (readonly [string, (step: Step) => string])[] = [
  ['pages', (step) => String(step.pages)],
  ['rps', (step) => step.rps.toFixed(0)],
  ['p50 ms', (step) => step.p50Ms.toFixed(1)],
  ['p99 ms', (step) => step.p99Ms.toFixed(1)],
  ['errors', (step) => String(step.errors)],
  ['no route', (step) => String(Object.values(step.missing).reduce((sum, count) => sum + count, 0))],
  ['dials/s', (step) => orDash(step.upstreamDialsPerS, 2)],
  ['streams/page/s', (step) => orDash(step.newStreamsPerPageS, 4)],
  ['Wolf calls/page/s', (step) => orDash(step.wolfCallsPerPageS, 4)],
  ['API CPU %', (step) => orDash(step.cpuPct, 0)],
  ['carried', (step) => (step.isCarried ? 'yes' : 'no')],
];

/** In the order in which they were measured. */
export function stepTable(steps: readonly Step[]): string {
  const lines = [COLUMNS.map(([title]) => title), ...steps.map((step) => COLUMNS.map(([, print]) => print(step)))];
  return `${lines.map((cells) => cells.map((cell, at) => cell.padStart((COLUMNS[at]?.[0].length ?? 0) + 2)).join('')).join('\n')}\n`;
}

function requestCount(answers: readonly string[]): number {
  return answers.reduce((sum, text) => sum + (JSON.parse(text) as { readonly requestCount: number }).requestCount, 0);
}

function orDash(value: number | null, digits: number): string {
  return value?.toFixed(digits) ?? '-';
}
