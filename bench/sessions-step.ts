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
  readonly upstreamDialsPerS: number;
  readonly newStreamsPerPageS: number;
  readonly wolfCallsPerPageS: number;
  /** Of one processor, by the API's process alone. */
  readonly cpuPct: number;
}

const DIALS_STARTED = 'helix_tunnel_events_total{event="dial_started"}';
const DIALS_SUCCEEDED = 'helix_tunnel_events_total{event="dial_succeeded"}';

/** The first probe is the API's metrics, the others are simulated Wolfs. */
export function stepOf(pages: number, figures: PageFigures, p99MaxMs: number): Step {
  const { rps, p50Ms, p99Ms, errors, missing, probedMs, before, after } = figures;
  const seconds = probedMs / 1_000;
  const rise = (series: string): number => metricValue(after[0] ?? '', series) - metricValue(before[0] ?? '', series);
  const wolfCalls = requestCount(after.slice(1)) - requestCount(before.slice(1));
  return {
    pages,
    isCarried: errors === 0 && p99Ms <= p99MaxMs,
    rps,
    p50Ms,
    p99Ms,
    errors,
    missing,
    upstreamDialsPerS: round(rise(DIALS_STARTED) / seconds, 2),
    newStreamsPerPageS: round(rise(DIALS_SUCCEEDED) / seconds / pages, 4),
    wolfCallsPerPageS: round(wolfCalls / seconds / pages, 4),
    cpuPct: round((rise('process_cpu_seconds_total') / seconds) * 100, 1),
  };
}

const COLUMNS: readonly (readonly [string, (step: Step) => string])[] = [
  ['pages', (step) => String(step.pages)],
  ['rps', (step) => step.rps.toFixed(0)],
  ['p50 ms', (step) => step.p50Ms.toFixed(1)],
  ['p99 ms', (step) => step.p99Ms.toFixed(1)],
  ['errors', (step) => String(step.errors)],
  ['no route', (step) => String(Object.values(step.missing).reduce((sum, count) => sum + count, 0))],
  ['dials/s', (step) => step.upstreamDialsPerS.toFixed(2)],
  ['streams/page/s', (step) => step.newStreamsPerPageS.toFixed(4)],
  ['Wolf calls/page/s', (step) => step.wolfCallsPerPageS.toFixed(4)],
  ['API CPU %', (step) => step.cpuPct.toFixed(0)],
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

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
