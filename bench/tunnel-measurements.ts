import { runJob } from './child.js';
import type { LoadJob, LoadResult } from './load.js';
import type { BulkFigures } from './read-bulk.js';
import type { ProbeFigures, ProbeJob } from './stream-probe.js';
import type { StreamMode, TunnelCase, TunnelRow } from './tunnel-row.js';
import type { TunnelWay } from './tunnel-way.js';

/** Less is not the picture. */
export const SCREENSHOT_MIN_BYTES = 600_000;

const LOAD_GENERATOR = 'bench/dist/load-generator.js';
const STREAM_PROBE = 'bench/dist/stream-probe.js';

const WARMUP_MS = 500;
/** Streams of generation 1 are open, and each caller has asked once. */
const SMALL_WARMUP_ROUND_TRIPS = 6;
/** In-flight limits have grown. */
const BULK_WARMUP_ROUND_TRIPS = 18;
/** A 99th percentile of a thousand and more. */
const ECHO_MIN_MS = 1_500;
const STORM_CALLERS = 4;

type Figures = Omit<TunnelRow, 'path' | 'transport' | 'rttMs' | 'mbits'>;

/** What is measured over one way, each for so long after warming up. */
export class TunnelMeasurements {
  readonly #way: TunnelWay;
  readonly #durationMs: number;
  /** Straight to the origin. */
  readonly #directPort: number;

  constructor(way: TunnelWay, durationMs: number, directPort: number) {
    this.#way = way;
    this.#durationMs = durationMs;
    this.#directPort = directPort;
  }

  async requests(mode: Exclude<StreamMode, 'end'>, what: 'small' | 'screenshot', callers: number): Promise<Figures> {
    const { httpUrl, streamPort } = this.#way;
    const base = mode === 'pooled' && httpUrl !== undefined ? httpUrl : `http://127.0.0.1:${String(streamPort)}`;
    const { rps, p50Ms, p99Ms } = await this.#load({
      urls: [`${base}/${what}`],
      callers,
      minBodyBytes: what === 'screenshot' ? SCREENSHOT_MIN_BYTES : 1,
      warmupMs: this.#warmupMs(what),
      durationMs: this.#durationMs,
      isFresh: mode === 'fresh',
    });
    return { mode, case: what, callers, rps, p50Ms, p99Ms };
  }

  /** Of streams that are opened one after the other. */
  async firstByte(): Promise<Figures> {
    // A median of five is enough where the round trip is all that counts.
    const count = Math.max(5, Math.round(200 / (1 + this.#way.rttMs)));
    const { p50Ms, p99Ms } = await this.#probe({ kind: 'first-byte', port: this.#way.streamPort, count });
    return { mode: 'fresh', case: 'first-byte', callers: 1, p50Ms: round(p50Ms), p99Ms: round(p99Ms) };
  }

  /** One stream read by a process behind the API's end, as a tunnel of another make has it too. */
  async bulk(): Promise<Figures> {
    const figures = await this.#probe({
      kind: 'bulk',
      port: this.#way.bulkPort,
      warmupMs: this.#warmupMs('bulk'),
      durationMs: this.#durationMs,
    });
    return { mode: 'kept', case: 'bulk', callers: 1, mbPerS: megabytesPerS(figures) };
  }

  /** One stream read by the API's end itself: no other process copies what the tunnel brought. */
  async bulkAtTheEnd(): Promise<Figures> {
    const query = `warmupMs=${String(this.#warmupMs('bulk'))}&ms=${String(this.#durationMs)}`;
    const response = await fetch(`${this.#way.httpUrl ?? ''}/read-bulk?${query}`);
    if (!response.ok) throw new Error(`reading bulk: ${String(response.status)}`);
    return {
      mode: 'end',
      case: 'bulk',
      callers: 1,
      mbPerS: megabytesPerS((await response.json()) as BulkFigures),
    };
  }

  async echo(beside: 'nothing' | 'bulk' | 'screenshots'): Promise<Figures> {
    const warmupMs = this.#warmupMs(beside === 'nothing' ? 'small' : 'bulk');
    const durationMs = Math.max(ECHO_MIN_MS, this.#durationMs);
    const probe = this.#probe({
      kind: 'echo',
      port: this.#way.streamPort,
      controlPort: this.#directPort,
      warmupMs,
      durationMs,
    });
    const [{ p50Ms, p99Ms, controlP99Ms }] = await Promise.all([probe, this.#disturb(beside, warmupMs + durationMs)]);
    return {
      mode: 'kept',
      case: ECHO_CASES[beside],
      callers: 1,
      p50Ms: round(p50Ms),
      p99Ms: round(p99Ms),
      directP99Ms: round(controlP99Ms),
    };
  }

  async #disturb(by: 'nothing' | 'bulk' | 'screenshots', forMs: number): Promise<void> {
    const { httpUrl, streamPort, bulkPort } = this.#way;
    if (by === 'bulk') await this.#probe({ kind: 'bulk', port: bulkPort, warmupMs: 0, durationMs: forMs });
    else if (by === 'screenshots') {
      const urls = [`${httpUrl ?? `http://127.0.0.1:${String(streamPort)}`}/screenshot`];
      const minBodyBytes = SCREENSHOT_MIN_BYTES;
      await this.#load({ urls, callers: STORM_CALLERS, minBodyBytes, warmupMs: 0, durationMs: forMs });
    }
  }

  #warmupMs(what: 'small' | 'screenshot' | 'bulk'): number {
    return WARMUP_MS + this.#way.rttMs * (what === 'small' ? SMALL_WARMUP_ROUND_TRIPS : BULK_WARMUP_ROUND_TRIPS);
  }

  async #load(job: LoadJob): Promise<LoadResult> {
    const result = (await runJob(LOAD_GENERATOR, job)) as LoadResult;
    if (result.errors > 0) throw new Error(`${job.urls.join(' ')}: ${JSON.stringify(result.reasons)}`);
    return result;
  }

  async #probe(job: ProbeJob): Promise<ProbeFigures> {
    return (await runJob(STREAM_PROBE, job)) as ProbeFigures;
  }
}

const ECHO_CASES: Readonly<Record<'nothing' | 'bulk' | 'screenshots', TunnelCase>> = {
  nothing: 'echo',
  bulk: 'echo-beside-bulk',
  screenshots: 'echo-beside-screenshots',
};

function megabytesPerS({ bytes, elapsedMs }: BulkFigures): number {
  return round(bytes / 1_000 / elapsedMs);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
