import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort, removeBed } from './bed-calls.js';
import { BenchChild } from './child.js';
import type { FleetCounts } from './fleet-clients.js';
import { metricValue } from './metric-value.js';

export interface ApiFigures {
  readonly residentBytes: number;
  readonly cpuS: number;
  /** Of the fleet, as the API sees it. */
  readonly connectedCount: number;
}

/** One API with a database of its own, and processes that hold the links of a fleet. */
export class FleetBed {
  readonly #folder: string;
  readonly #port: number;
  readonly #runnerToken = randomBytes(24).toString('base64url');
  readonly #clientPorts: number[] = [];
  #api: BenchChild | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Nothing is connected yet. Leaves nothing behind when it fails. */
  static async start(linkCount: number, processCount: number, transport: string): Promise<FleetBed> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'helix-bench-'));
    const bed = new FleetBed(folder, await freePort());
    try {
      // PostgreSQL runs as another user where this runs as root, and must be able to walk in.
      await chmod(folder, 0o711);
      await bed.startApi();
      for (let index = 0; index < processCount; index += 1) {
        const first = Math.floor((linkCount * index) / processCount);
        const next = Math.floor((linkCount * (index + 1)) / processCount);
        await bed.#startClients(first, next - first, transport);
      }
      return bed;
    } catch (error) {
      await removeBed(folder);
      throw error;
    }
  }

  get #apiUrl(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  /** Resolves when it listens. After `killApi` it finds its database and its port again. */
  async startApi(): Promise<void> {
    this.#api = await BenchChild.start('apps/api/dist/main.js', {
      environment: {
        HOST: '127.0.0.1',
        PORT: String(this.#port),
        SERVER_URL: this.#apiUrl,
        HELIX_DATA_DIR: this.#folder,
        RUNNER_TOKEN: this.#runnerToken,
        ADMIN_API_KEY: `hl-${randomBytes(24).toString('base64url')}`,
        METRICS_PUBLIC: 'true',
      },
    });
  }

  /** kill -9. */
  async killApi(): Promise<void> {
    await this.#api?.kill();
  }

  /** Of all processes together. */
  async fleet(path: '/' | '/start' | '/forget' = '/'): Promise<FleetCounts> {
    const answers = await Promise.all(
      this.#clientPorts.map(async (port) => {
        const response = await fetch(`http://127.0.0.1:${String(port)}${path}`);
        return (await response.json()) as FleetCounts;
      }),
    );
    const sum = (key: 'connected' | 'ended' | 'refused' | 'refusals'): number =>
      answers.reduce((total, answer) => total + answer[key], 0);
    return {
      connected: sum('connected'),
      ended: sum('ended'),
      refused: sum('refused'),
      refusals: sum('refusals'),
      states: together(answers.map(({ states }) => states)),
      problems: together(answers.map(({ problems }) => problems)),
    };
  }

  async api(): Promise<ApiFigures> {
    const metrics = await (await fetch(`${this.#apiUrl}/metrics`)).text();
    return {
      residentBytes: metricValue(metrics, 'process_resident_memory_bytes'),
      cpuS: metricValue(metrics, 'process_cpu_seconds_total'),
      connectedCount: metricValue(metrics, 'helix_runners{kind="hydra",state="connected"}'),
    };
  }

  /** Stops every process of the benchmark and removes its files. */
  close(): Promise<void> {
    return removeBed(this.#folder);
  }

  async #startClients(first: number, count: number, transport: string): Promise<void> {
    const clients = await BenchChild.start('bench/dist/fleet-clients.js', {
      environment: {
        API_URL: this.#apiUrl,
        TOKEN: this.#runnerToken,
        FIRST: String(first),
        COUNT: String(count),
        TRANSPORT: transport,
      },
    });
    this.#clientPorts.push(Number(clients.ready['port']));
  }
}

function together(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [key, count] of all.flatMap((one) => Object.entries(one))) sums[key] = (sums[key] ?? 0) + count;
  return sums;
}
