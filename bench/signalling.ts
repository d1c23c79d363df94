/**
 * `npm run bench -- signalling`: what the way through proxy and tunnel adds to a signalling message, against a WebSocket to the same
 * host without either; idle, and while others fetch screenshots as fast as they can. Also how many viewers connect each second,
 * and what an open viewer costs the API in memory. Direct and proxied take turns, so that a hiccup of the machine hits both.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { benchOptions } from './bench-options.js';
import { stopAllChildren, whenAskedToEnd } from './child-processes.js';
import { runJob } from './child.js';
import type { LoadJob } from './load.js';
import { metricValue } from './metric-value.js';
import type { SignallingFigures, SignallingJob } from './signalling-load.js';
import { SignallingBed } from './signalling-bed.js';

const VIEWERS = 8;
const INTERVAL_MS = 20;
const MESSAGE_BYTES = 250;
const CONNECTING = 8;
const STORM_CALLERS = 4;
const SETTLE_MS = 3_000;

const {
  rounds,
  seconds,
  viewers: stayingCount,
} = benchOptions({
  name: 'signalling',
  about:
    'What the way through proxy and tunnel adds to a signalling message, idle and while others fetch screenshots; how many viewers connect each second; what an open viewer costs the API in memory.',
  options: {
    rounds: { kind: 'number', min: 1, unit: 'rounds', default: 4, about: 'how often direct and proxied take turns' },
    seconds: { kind: 'number', min: 0.1, unit: 'seconds', default: 3, about: 'how long a round is measured' },
    viewers: { kind: 'number', min: 1, unit: 'viewers', default: 500, about: 'that stay, for the memory' },
  },
});
const durationMs = seconds * 1_000;

const asked = new AbortController();
whenAskedToEnd((exitCode) => {
  asked.abort();
  process.exitCode = exitCode;
  void stopAllChildren();
});
try {
  const bed = await SignallingBed.start(stayingCount + 200);
  try {
    await measure(bed);
  } finally {
    await bed.close();
  }
} catch (error) {
  if (!asked.signal.aborted) throw error;
}

async function measure(bed: SignallingBed): Promise<void> {
  // First, before the heap has grown for anything else.
  const before = await memoryOf(bed);
  const staying = run({ kind: 'stay', viewers: stayingCount, urls: bed.proxiedUrls, durationMs: 12_000 });
  await delay(8_000);
  const kbPerViewer = ((await memoryOf(bed)) - before) / stayingCount;
  await staying;
  const direct: SignallingFigures[] = [];
  const idle: SignallingFigures[] = [];
  const directLoaded: SignallingFigures[] = [];
  const loaded: SignallingFigures[] = [];
  for (let round = 0; round < rounds; round += 1) {
    direct.push(await messages(bed.directUrls));
    idle.push(await messages(bed.proxiedUrls));
  }
  for (let round = 0; round < rounds; round += 1) {
    const storm = runJob('bench/dist/load-generator.js', stormOf(bed));
    await delay(500);
    directLoaded.push(await messages(bed.directUrls));
    loaded.push(await messages(bed.proxiedUrls));
    await storm;
  }
  const connects = await run({ kind: 'connects', viewers: CONNECTING, urls: bed.proxiedUrls, durationMs });

  const p = (figures: readonly SignallingFigures[], key: 'p50Ms' | 'p99Ms'): number =>
    median(figures.map((one) => one[key]));
  const rows = [
    ['direct', p(direct, 'p50Ms'), p(direct, 'p99Ms')],
    ['through proxy and tunnel', p(idle, 'p50Ms'), p(idle, 'p99Ms')],
    ['direct, in the storm', p(directLoaded, 'p50Ms'), p(directLoaded, 'p99Ms')],
    ['through both, in the storm', p(loaded, 'p50Ms'), p(loaded, 'p99Ms')],
  ] as const;
  process.stdout.write(`${'message there and back'.padEnd(30)}${'p50 ms'.padStart(9)}${'p99 ms'.padStart(9)}\n`);
  for (const [name, p50, p99] of rows) {
    process.stdout.write(`${name.padEnd(30)}${p50.toFixed(3).padStart(9)}${p99.toFixed(3).padStart(9)}\n`);
  }
  process.stdout.write(
    `connects ${String(connects.perS)}/s (p50 ${String(connects.p50Ms)} ms, ${String(connects.errors)} errors)\n`,
  );
  const added = (later: readonly SignallingFigures[], base: readonly SignallingFigures[], key: 'p50Ms' | 'p99Ms') =>
    Math.round((p(later, key) - p(base, key)) * 1000) / 1000;
  process.stdout.write(
    `${JSON.stringify({
      bench: 'signalling',
      p50AddedMs: added(idle, direct, 'p50Ms'),
      p99AddedMs: added(idle, direct, 'p99Ms'),
      p99AddedUnderLoadMs: added(loaded, directLoaded, 'p99Ms'),
      connectsPerS: connects.perS,
      kbPerViewer: Math.round(kbPerViewer * 10) / 10,
    })}\n`,
  );

  async function run(job: DistributiveOmit<SignallingJob, 'headers'>): Promise<SignallingFigures> {
    return (await runJob('bench/dist/signalling-load.js', {
      ...job,
      headers: { authorization: `Bearer ${bed.userKey}` },
    })) as SignallingFigures;
  }

  function messages(urls: readonly string[]): Promise<SignallingFigures> {
    return run({
      kind: 'messages',
      viewers: VIEWERS,
      urls,
      durationMs,
      intervalMs: INTERVAL_MS,
      messageBytes: MESSAGE_BYTES,
    });
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function stormOf(bed: SignallingBed): LoadJob {
  return {
    urls: bed.pictureUrls,
    headers: { authorization: `Bearer ${bed.userKey}` },
    callers: STORM_CALLERS,
    warmupMs: 0,
    durationMs: 2 * durationMs + 3_000,
    minBodyBytes: 1,
  };
}

/** Kilobytes that the API's process holds. */
async function memoryOf(bed: SignallingBed): Promise<number> {
  await delay(SETTLE_MS);
  const metrics = await (await fetch(`${bed.apiUrl}/metrics`)).text();
  return metricValue(metrics, 'process_resident_memory_bytes') / 1024;
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}
