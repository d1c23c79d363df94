/**
 * `npm run bench -- fleet`: what a fleet of agents costs one API process. Each holds a link of generation 3 of its own, with the
 * waits of a real agent. Memory for each idle link, CPU while all are idle, how long it takes to connect all at once, and how long
 * after the API was killed with -9 and started again all are back, with its admission on.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { benchOptions } from './bench-options.js';
import { FleetBed } from './fleet-bed.js';
import { runOnBed } from './run-on-bed.js';

const IDLE_MS = 10_000;
/** Garbage of the connecting is collected, and timers have found their pace. */
const SETTLE_MS = 8_000;
const POLL_MS = 50;

const {
  links,
  processes,
  transport,
  'limit-s': limitS,
} = benchOptions({
  name: 'fleet',
  about:
    'What a fleet of agents costs one API process: memory for each idle link, CPU while all are idle, how long it takes to connect all, and how soon all are back after it was killed.',
  options: {
    links: { kind: 'number', min: 1, unit: 'links', default: 10_000, about: 'how many agents' },
    processes: { kind: 'number', min: 1, unit: 'processes', default: 2, about: 'that hold them' },
    transport: { kind: 'choice', choices: ['mux', 'mux-websocket'], default: 'mux', about: 'how they connect' },
    'limit-s': {
      kind: 'number',
      min: 1,
      unit: 'seconds',
      default: 120,
      about: 'what is not connected after so long has failed',
    },
  },
});
const linkCount = Math.floor(links);
const limitMs = limitS * 1_000;

await runOnBed(() => FleetBed.start(linkCount, Math.floor(processes), transport), measure);

async function measure(bed: FleetBed): Promise<void> {
  await delay(SETTLE_MS / 2);
  const empty = await bed.api();
  const connectAllS = await untilAll(bed, bed.fleet('/start'));
  await tell(bed, `connected after ${connectAllS.toFixed(1)} s`);

  await delay(SETTLE_MS);
  const idle = await bed.api();
  await delay(IDLE_MS);
  const later = await bed.api();
  const kbPerLink = (later.residentBytes - empty.residentBytes) / 1_024 / linkCount;
  const idleCpuPct = ((later.cpuS - idle.cpuS) / (IDLE_MS / 1_000)) * 100;
  say(`${kbPerLink.toFixed(1)} KB a link, ${idleCpuPct.toFixed(1)} % CPU while idle`);

  await bed.fleet('/forget');
  const killedAtMs = performance.now();
  await bed.killApi();
  await bed.startApi();
  const apiAwayS = (performance.now() - killedAtMs) / 1_000;
  const backAfterReadyS = await untilAll(bed, Promise.resolve());
  const stormBackS = (performance.now() - killedAtMs) / 1_000;
  const fleet = await bed.fleet();
  const { connectedCount } = await bed.api();
  await tell(bed, `back ${stormBackS.toFixed(1)} s after the kill`);

  const figures = {
    bench: 'fleet',
    links: linkCount,
    kbPerLink: round(kbPerLink),
    idleCpuPct: round(idleCpuPct),
    connectAllS: round(connectAllS),
    stormBackS: round(stormBackS),
    refusedThenBack: Math.max(0, fleet.refused - (linkCount - fleet.connected)),
    failed: linkCount - Math.min(fleet.connected, connectedCount),
    transport,
    apiAwayS: round(apiAwayS),
    backAfterReadyS: round(backAfterReadyS),
    refusals: fleet.refusals,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  if (figures.failed > 0) process.exitCode = 1;
}

/** Seconds until every link stands, at both ends; or the limit. */
async function untilAll(bed: FleetBed, begun: Promise<unknown>): Promise<number> {
  const beganAtMs = performance.now();
  await begun;
  for (;;) {
    const { connected } = await bed.fleet();
    if (connected === linkCount && (await bed.api()).connectedCount === linkCount) break;
    if (performance.now() - beganAtMs > limitMs) {
      say(`${String(linkCount - connected)} links do not stand after ${String(limitMs / 1_000)} s`);
      break;
    }
    await delay(POLL_MS);
  }
  return (performance.now() - beganAtMs) / 1_000;
}

async function tell(bed: FleetBed, text: string): Promise<void> {
  const { refusals, problems, states } = await bed.fleet();
  say(`${text}, ${String(refusals)} refusals; ${JSON.stringify({ states, problems })}`);
}

function say(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
