/**
 * `npm run bench -- placement`: how many sessions are placed and let go in a second, by processes that place as replicas of the
 * API do, on a PostgreSQL of the benchmark's own on the same machine, and what that costs as the fleet grows.
 *
 * `--help` lists its options. Ctrl-C leaves nothing behind.
 */
import { benchOptions } from './bench-options.js';
import { PlacementBed, type PlacementRun } from './placement-bed.js';
import { runOnBed } from './run-on-bed.js';

const { instances, callers, processes, seconds, fleets } = benchOptions({
  name: 'placement',
  about:
    'How many sessions are placed and let go in a second, by processes that place as replicas of the API do, and what that costs as the fleet grows. The floor is what the same callers get of the database for one row in and out.',
  options: {
    instances: {
      kind: 'number',
      min: 1,
      unit: 'hosts',
      default: 1_000,
      about: 'the fleet whose figures are told first',
    },
    callers: { kind: 'number', min: 1, unit: 'callers', default: 64, about: 'at once' },
    processes: { kind: 'number', min: 1, unit: 'processes', default: 2, about: 'that place' },
    seconds: { kind: 'number', min: 0.1, unit: 'seconds', default: 10, about: 'how long each fleet is measured' },
    fleets: { kind: 'numbers', min: 1, unit: 'hosts', default: [10, 100, 10_000], about: 'other sizes beside it' },
  },
});
const durationMs = seconds * 1_000;

interface Row {
  readonly fleet: string;
  readonly run: PlacementRun;
}

await runOnBed(() => PlacementBed.start(), measure);

async function measure(bed: PlacementBed): Promise<void> {
  const rows: Row[] = [];
  const sizes = [...new Set([...fleets, instances])].toSorted((one, other) => one - other);
  for (const size of sizes) {
    await bed.makeInstances(size);
    rows.push({ fleet: String(size), run: await bed.run('place', callers, processes, durationMs) });
    show(rows.at(-1));
  }
  const floor = await bed.run('floor', callers, processes, durationMs);
  show({ fleet: 'floor', run: floor });
  const asked = rows.find(({ fleet }) => fleet === String(instances));
  if (asked === undefined) throw new Error('nothing was measured');
  const all = rows.map(({ run }) => run);
  const figures = {
    bench: 'placement',
    instances,
    callers,
    processes,
    placementsPerS: perS(asked.run),
    p50Ms: at(asked.run, 0.5),
    p99Ms: at(asked.run, 0.99),
    overcommitted: Math.max(...all.map(({ overcommitted }) => overcommitted)),
    leaked: Math.max(...all.map(({ leaked }) => leaked)),
    ofFloor: round(perS(asked.run) / perS(floor)),
    byFleet: Object.fromEntries(
      rows.map(({ fleet, run }) => [
        fleet,
        {
          placementsPerS: perS(run),
          p50Ms: at(run, 0.5),
          p99Ms: at(run, 0.99),
          rowsReadEach: round(run.rowsReadEach),
          rowsScannedEach: round(run.rowsScannedEach),
        },
      ]),
    ),
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

function show(row: Row | undefined): void {
  if (row === undefined) return;
  const { fleet, run } = row;
  const cells = [
    `${fleet} instances`.replace('floor instances', 'the floor').padEnd(16),
    `${String(perS(run)).padStart(6)}/s`,
    `p50 ${at(run, 0.5).toFixed(1)} ms`,
    `p99 ${at(run, 0.99).toFixed(1)} ms`,
    `${run.rowsReadEach.toFixed(1)} rows read, ${run.rowsScannedEach.toFixed(1)} scanned each`,
    `${String(run.refusedCount)} refused`,
  ];
  process.stdout.write(`${cells.join('   ')}\n`);
}

function perS({ latenciesMs, durationS }: PlacementRun): number {
  return Math.round(latenciesMs.length / durationS);
}

function at({ latenciesMs }: PlacementRun, share: number): number {
  return round(latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))] ?? 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
