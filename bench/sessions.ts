/**
 * `npm run bench -- sessions`: how many open pages one replica carries. A page polls as the front end does (page-polls.ts),
 * on time whether or not the last answer has come, and each looks at a session of its own, so that shared fetches flatter
 * nothing. The number of pages is doubled, then halved in, until the most is found whose p99 is within 250 ms without errors.
 *
 * API, simulated hosts with their agents, light desktops and load generator are separate processes on this machine.
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { benchOptions } from './bench-options.js';
import { findCapacity } from './capacity-search.js';
import { runJob } from './child.js';
import type { PageFigures, PageJob } from './page-load.js';
import { SessionsBed } from './sessions-bed.js';
import { stepOf, stepTable, type Step } from './sessions-step.js';
import { runOnBed } from './run-on-bed.js';

const P99_MAX_MS = 250;
const FIRST_PAGES = 16;
/** Every poll but the rarest has been made once, and the tunnel's streams are open. */
const WARMUP_MS = 4_000;
const TOLERANCE = 0.06;

const {
  seconds,
  'max-pages': mostPages,
  'picture-kib': pictureKib,
  'budget-s': budgetS,
} = benchOptions({
  name: 'sessions',
  about:
    'How many open pages one replica carries, polling as the front end does: the most whose p99 is within 250 ms without errors.',
  options: {
    seconds: { kind: 'number', min: 1, unit: 'seconds', default: 5, about: 'how long each step is measured' },
    'max-pages': { kind: 'number', min: 1, unit: 'pages', default: 512, about: 'the most that are tried' },
    'picture-kib': { kind: 'number', min: 1, unit: 'KiB', default: 750, about: 'size of a screenshot' },
    'budget-s': { kind: 'number', min: 1, unit: 'seconds', default: 180, about: 'no step begins after so long' },
  },
});
const durationMs = seconds * 1_000;
const maxPages = Math.floor(mostPages);
const endsAtMs = performance.now() + budgetS * 1_000;

const steps: Step[] = [];
await runOnBed(
  () => SessionsBed.start(maxPages, Math.floor(pictureKib)),
  async (bed) => {
    const pages = await findCapacity({
      first: Math.min(FIRST_PAGES, maxPages),
      most: maxPages,
      tolerance: TOLERANCE,
      hasTime: () => performance.now() < endsAtMs,
      // Once more before it counts as too many: one hiccup of the machine is not the replica's.
      carries: async (count) => (await measure(bed, count)) || (await measure(bed, count)),
    });
    process.stdout.write(stepTable(steps));
    const {
      rps = 0,
      p99Ms = 0,
      upstreamDialsPerS = 0,
      cpuPct = 0,
    } = steps.findLast((step) => step.pages === pages && step.isCarried) ?? {};
    process.stdout.write(
      `${JSON.stringify({ bench: 'sessions', pages, rps, p99Ms, upstreamDialsPerS, cpuPct, steps })}\n`,
    );
  },
);

async function measure(bed: SessionsBed, count: number): Promise<boolean> {
  const job: PageJob = {
    apiUrl: bed.apiUrl,
    key: bed.userKey,
    sessionIds: await bed.sessions(count),
    pictureMinBytes: bed.pictureBytes,
    warmupMs: WARMUP_MS,
    durationMs,
    probeUrls: [`${bed.apiUrl}/metrics`, ...bed.wolfUrls],
  };
  const figures = (await runJob('bench/dist/page-generator.js', job)) as PageFigures;
  const step = stepOf(count, figures, P99_MAX_MS);
  steps.push(step);
  const reasons = step.errors > 0 ? ` ${JSON.stringify(figures.reasons)}` : '';
  process.stderr.write(`  ${String(count)} pages: p99 ${String(step.p99Ms)} ms, ${String(step.rps)}/s${reasons}\n`);
  return step.isCarried;
}
