/**
 * `npm run bench -- tunnel`: what the tunnel costs. In one run on one machine: no tunnel, generation 1 and generation 2; the
 * bare tunnel (HTTP over a dial, nothing else) and the whole REST path (auth, ownership, tunnel); small answers with 1 and
 * 32 callers, a 750 KB picture with 1 and 16. Small is a clipboard read on the REST path.
 *
 * Load generator, API, agent and origin are separate processes; the bare tunnel's end has a plain HTTP front for that. On the
 * REST path every caller asks for a session of its own, so that shared fetches flatter nothing. `--seconds <n>` sets how long each case is measured (5). Ctrl-C leaves nothing behind.
 */
import { parseArgs } from 'node:util';
import { stopAllChildren } from './child-processes.js';
import { runJob } from './child.js';
import { TunnelBed, type Transport } from './tunnel-bed.js';

interface Row {
  readonly path: 'direct' | 'tunnel' | 'rest';
  readonly transport: 'none' | Transport;
  readonly case: 'small' | 'screenshot';
  readonly callers: number;
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Figures {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  readonly reasons: Readonly<Record<string, number>>;
}

const CASES = [
  { case: 'small', callers: 1 },
  { case: 'small', callers: 32 },
  { case: 'screenshot', callers: 1 },
  { case: 'screenshot', callers: 16 },
] as const;
type Case = (typeof CASES)[number];

const SESSION_COUNT = 32;
const WARMUP_MS = 1_500;

/** Less is not the picture. */
const SCREENSHOT_MIN_BYTES = 600_000;

/** Requests per second of the Go server and client over the bare tunnel, on two cores (revdial-wire §5). */
const GO_RPS: Readonly<Record<string, number>> = {
  'small 1': 1075,
  'small 32': 3507,
  'screenshot 1': 347,
  'screenshot 16': 649,
};

const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });
const durationMs = Number(values.seconds) * 1_000;
if (!(durationMs > 0)) throw new Error('--seconds must be a number above 0');

const rows: Row[] = [];
let exitCode: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    exitCode = SIGNAL_EXIT_CODES[signal];
    // Whatever is awaited now fails for want of its process.
    void stopAllChildren();
  });
}
try {
  await measureAll();
  printTable();
  process.stdout.write(`${JSON.stringify({ bench: 'tunnel', rows })}\n`);
} catch (error) {
  if (exitCode === undefined) throw error;
  process.exitCode = exitCode;
}

async function measureAll(): Promise<void> {
  const bed = await TunnelBed.start(SESSION_COUNT);
  try {
    for (const one of CASES) {
      await record('direct', 'none', one, () => load(one, [`http://${bed.origin}/${one.case}`], {}));
    }
    for (const transport of ['gen1', 'gen2'] as const) {
      const { url, bare, agent } = await bed.startBareTunnel(transport);
      for (const one of CASES) {
        await record('tunnel', transport, one, () => load(one, [`${url}/${one.case}`], {}));
      }
      await agent.stop();
      await bare.stop();
    }
    for (const transport of ['gen1', 'gen2'] as const) {
      const agent = await bed.startDesktopAgent(transport);
      for (const one of CASES) {
        const leaf = one.case === 'small' ? 'clipboard' : 'screenshot';
        const urls = bed.sessionIds.map((id) => `${bed.apiUrl}/api/v1/external-agents/${id}/${leaf}`);
        await record('rest', transport, one, () => load(one, urls, { Authorization: `Bearer ${bed.userKey}` }));
      }
      await agent.stop();
    }
  } finally {
    await bed.close();
  }
}

async function load(one: Case, urls: readonly string[], headers: Readonly<Record<string, string>>): Promise<Figures> {
  const minBodyBytes = one.case === 'screenshot' ? SCREENSHOT_MIN_BYTES : 1;
  const job = { urls, headers, callers: one.callers, minBodyBytes, warmupMs: WARMUP_MS, durationMs };
  return (await runJob('bench/dist/load-generator.js', job)) as Figures;
}

async function record(
  path: Row['path'],
  transport: Row['transport'],
  one: Case,
  measure: () => Promise<Figures>,
): Promise<void> {
  const figures = await measure();
  if (figures.errors > 0) throw new Error(`${path} ${transport} ${one.case}: ${JSON.stringify(figures.reasons)}`);
  rows.push({
    path,
    transport,
    case: one.case,
    callers: one.callers,
    rps: round(figures.rps),
    p50Ms: round(figures.p50Ms),
    p99Ms: round(figures.p99Ms),
  });
  process.stderr.write(`  ${path} ${transport} ${one.case} × ${String(one.callers)}: ${figures.rps.toFixed(0)}/s\n`);
}

function printTable(): void {
  const nameOf = (row: Row): string => `${row.case} ${String(row.callers)}`;
  const directRps = new Map(rows.filter(({ path }) => path === 'direct').map((row) => [nameOf(row), row.rps]));
  const lines = rows.map((row) => {
    const goRps = row.path === 'direct' ? undefined : GO_RPS[nameOf(row)];
    return [
      row.path.padEnd(7),
      row.transport.padEnd(9),
      row.case.padEnd(10),
      String(row.callers).padStart(7),
      row.rps.toFixed(0).padStart(9),
      row.p50Ms.toFixed(2).padStart(9),
      row.p99Ms.toFixed(2).padStart(9),
      ratio(row.rps, directRps.get(nameOf(row))).padStart(10),
      ratio(row.rps, goRps).padStart(9),
    ].join(' ');
  });
  process.stdout.write(
    `path    transport case       callers       rps    p50 ms    p99 ms  of direct    of Go\n${lines.join('\n')}\n`,
  );
}

function ratio(rps: number, of: number | undefined): string {
  return of === undefined || of === 0 ? '' : (rps / of).toFixed(2);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
