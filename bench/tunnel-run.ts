import { runJob } from './child.js';
import type { ForeignTunnel } from './foreign-tunnels.js';
import type { LoadResult } from './load.js';
import type { Stretch, TunnelBed } from './tunnel-bed.js';
import { SCREENSHOT_MIN_BYTES, TunnelMeasurements } from './tunnel-measurements.js';
import type { StreamMode, TunnelRow } from './tunnel-row.js';
import type { OurTransport, TunnelWay } from './tunnel-way.js';

export interface TunnelRunOptions {
  readonly durationMs: number;
  readonly rttsMs: readonly number[];
  /** Leaves out most rows, but none that a ratio of the issue needs. */
  readonly isQuick: boolean;
  readonly ours: readonly OurTransport[];
  readonly foreign: readonly ForeignTunnel[];
}

const CASES = [
  { case: 'small', callers: 1 },
  { case: 'small', callers: 32 },
  { case: 'screenshot', callers: 1 },
  { case: 'screenshot', callers: 16 },
] as const;
type Case = (typeof CASES)[number];
const MOST_CALLERS = CASES.filter(({ callers }) => callers > 1);
/** A stream for each request: of generation 1 this is what the original does (revdial-wire §5). */
const FRESH = CASES.filter((one) => one.case === 'small' || one.callers > 1);

const REST_WARMUP_MS = 1_000;

/** A host's uplink, where bulk is what everything waits behind. */
const LINE: Stretch = { rttMs: 20, mbits: 200 };

type Measure = (way: TunnelWay, measurements: TunnelMeasurements) => Promise<void>;

type Figures = Awaited<ReturnType<TunnelMeasurements['bulk']>>;

/** One run of the benchmark: which cases are measured over which ways. */
export class TunnelRun {
  readonly #bed: TunnelBed;
  readonly #options: TunnelRunOptions;
  readonly #rows: TunnelRow[] = [];

  constructor(bed: TunnelBed, options: TunnelRunOptions) {
    this.#bed = bed;
    this.#options = options;
  }

  async measureAll(): Promise<readonly TunnelRow[]> {
    for (const rttMs of this.#options.rttsMs) await this.#measureAt(rttMs);
    const { isQuick, rttsMs, ours } = this.#options;
    if (!isQuick && rttsMs.some((rttMs) => rttMs > 0)) await this.#measureOnALine();
    if (!isQuick && rttsMs.includes(0)) for (const transport of ours) await this.#rest(transport);
    return this.#rows;
  }

  async #measureAt(rttMs: number): Promise<void> {
    const { ours, foreign, isQuick } = this.#options;
    const stretch = { rttMs };
    await this.#over(await this.#bed.direct(stretch), async (way, measurements) => {
      await this.#requests(way, measurements, 'kept', isQuick ? MOST_CALLERS : CASES);
      await this.#record(way, measurements.bulk());
    });
    if (rttMs === 0 && !isQuick)
      await this.#over(await this.#bed.relay(), async (way, measurements) => {
        await this.#requests(way, measurements, 'kept', MOST_CALLERS);
        await this.#record(way, measurements.bulk());
      });
    // Generations 1 and 2 move their streams in the same way; far away one of them tells enough.
    const told = ours.filter((transport) => transport !== 'gen2' || (rttMs === 0 && !isQuick));
    for (const transport of isQuick ? told.filter((one) => one !== 'mux-websocket') : told)
      await this.#over(await this.#bed.tunnel(transport, stretch), (way, measurements) =>
        this.#tunnel(way, measurements),
      );
    for (const kind of foreign)
      await this.#overForeign(kind, stretch, (way, measurements) => this.#tunnel(way, measurements));
  }

  async #tunnel(way: TunnelWay, measurements: TunnelMeasurements): Promise<void> {
    const { isQuick } = this.#options;
    const isNear = way.rttMs === 0;
    const isOurs = way.httpUrl !== undefined;
    const isOld = way.transport === 'gen1' || way.transport === 'gen2';
    await this.#record(way, measurements.firstByte());
    if (isOurs) await this.#requests(way, measurements, 'pooled', isQuick ? MOST_CALLERS : CASES);
    if (!isOurs || (isNear && !isOld)) await this.#requests(way, measurements, 'kept', isQuick ? MOST_CALLERS : CASES);
    if (isNear) await this.#requests(way, measurements, 'fresh', isQuick ? MOST_CALLERS : FRESH);
    await this.#record(way, measurements.bulk());
    if (!isNear) return;
    if (isOurs) await this.#record(way, measurements.bulkAtTheEnd());
    await this.#record(way, measurements.echo('nothing'));
    await this.#record(way, measurements.echo('bulk'));
    if (!isQuick) await this.#record(way, measurements.echo('screenshots'));
  }

  async #measureOnALine(): Promise<void> {
    const { ours, foreign } = this.#options;
    const measure = async (way: TunnelWay, measurements: TunnelMeasurements): Promise<void> => {
      await this.#record(way, measurements.echo('nothing'), LINE.mbits);
      await this.#record(way, measurements.echo('bulk'), LINE.mbits);
    };
    for (const transport of ours)
      if (transport === 'gen1' || transport === 'mux')
        await this.#over(await this.#bed.tunnel(transport, LINE), measure);
    for (const kind of foreign) await this.#overForeign(kind, LINE, measure);
  }

  async #over(way: TunnelWay, measure: Measure): Promise<void> {
    try {
      await measure(way, new TunnelMeasurements(way, this.#options.durationMs, this.#bed.originPort));
    } finally {
      await way.stop();
    }
  }

  /** One that does not start, such as an sshd that lacks what a package would have set up, or fails under way, costs its own rows only. */
  async #overForeign(kind: ForeignTunnel, stretch: Stretch, measure: Measure): Promise<void> {
    try {
      await this.#over(await this.#bed.foreignTunnel(kind, stretch), measure);
    } catch (error) {
      process.stderr.write(`  ${kind} is left out: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }

  async #requests(
    way: TunnelWay,
    measurements: TunnelMeasurements,
    mode: Exclude<StreamMode, 'end'>,
    cases: readonly Case[],
  ): Promise<void> {
    for (const one of cases) await this.#record(way, measurements.requests(mode, one.case, one.callers));
  }

  async #rest(transport: OurTransport): Promise<void> {
    const { apiUrl, userKey, sessionIds } = this.#bed;
    const agent = await this.#bed.startDesktopAgent(transport);
    for (const one of CASES) {
      const leaf = one.case === 'small' ? 'clipboard' : 'screenshot';
      const figures = (await runJob('bench/dist/load-generator.js', {
        urls: sessionIds.map((id) => `${apiUrl}/api/v1/external-agents/${id}/${leaf}`),
        headers: { Authorization: `Bearer ${userKey}` },
        callers: one.callers,
        minBodyBytes: one.case === 'screenshot' ? SCREENSHOT_MIN_BYTES : 1,
        warmupMs: REST_WARMUP_MS,
        durationMs: this.#options.durationMs,
      })) as LoadResult;
      if (figures.errors > 0) throw new Error(`rest ${transport} ${one.case}: ${JSON.stringify(figures.reasons)}`);
      const { rps, p50Ms, p99Ms } = figures;
      this.#keep({ path: 'rest', transport, rttMs: 0, mode: 'pooled', ...one, rps, p50Ms, p99Ms });
    }
    await agent.stop();
  }

  async #record({ path, transport, rttMs }: TunnelWay, measured: Promise<Figures>, mbits?: number): Promise<void> {
    this.#keep({ path, transport, rttMs, ...(mbits === undefined ? {} : { mbits }), ...(await measured) });
  }

  #keep(row: TunnelRow): void {
    this.#rows.push(row);
    const figure =
      row.rps !== undefined
        ? `${row.rps.toFixed(0)}/s`
        : row.mbPerS !== undefined
          ? `${row.mbPerS.toFixed(0)} MB/s`
          : `p50 ${String(row.p50Ms)} ms, p99 ${String(row.p99Ms)} ms`;
    const where = row.rttMs === 0 ? '' : ` over ${String(row.rttMs)} ms`;
    process.stderr.write(
      `  ${row.path} ${row.transport} ${row.mode} ${row.case} × ${String(row.callers)}${where}: ${figure}\n`,
    );
  }
}
