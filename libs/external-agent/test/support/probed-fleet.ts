import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runnerIdOf } from '@helix/revdial';
import { TestGateway, TestRunner } from '@helix/revdial/testing';
import { SimulatedWolf, type SimulatedWolfOptions } from '@helix/sandbox-simulator';
import { PlacementService, ProbeFacts, WolfInstanceRegistry, type WolfInstance } from '@helix/scheduler';
import { WolfClientFactory, WolfWatches } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';
import { eventually } from '@helix/pacing/testing';
import { HostProber, HostWatch } from '../../src/index.js';
import { RecordingLogger } from './recording-logger.js';

/** What takes seconds in life. Wolf's health takes a tenth of one, here as well. */
const TIMES = {
  firstWithinMs: 20,
  canaryIntervalMs: 60,
  canaryRetryMs: 30,
  canaryTimeoutMs: 500,
  gpuIntervalMs: 60,
  reconcileIntervalMs: 200,
  readingsApartMs: 50,
};
const WATCH = { pauseMs: 20, retryMinMs: 10, retryMaxMs: 100, unfollowedRelistMs: 200 };

/** One replica that probes its hosts, on real PostgreSQL, and simulated Wolfs behind real links. */
export class ProbedFleet {
  readonly registry: WolfInstanceRegistry;
  readonly placements: PlacementService;
  readonly logger = new RecordingLogger();
  readonly #gateway = new TestGateway({ graceMs: 100 });
  readonly #wolfs: SimulatedWolf[] = [];
  readonly #runners = new Map<string, TestRunner>();
  readonly #folder: string;
  readonly #watches: WolfWatches;
  readonly #hosts: HostWatch;
  readonly prober: HostProber;

  private constructor(dataSource: DataSource, folder: string) {
    this.#folder = folder;
    this.registry = new WolfInstanceRegistry(dataSource);
    this.placements = new PlacementService(dataSource);
    const wolfs = new WolfClientFactory({ dialer: this.#gateway.connections });
    this.#watches = new WolfWatches(wolfs, WATCH);
    const shared = { presence: this.#gateway.connections, localInstanceIds: [] };
    this.#hosts = new HostWatch({ ...shared, watches: this.#watches });
    this.prober = new HostProber({
      ...shared,
      wolfs,
      hosts: this.#hosts,
      facts: new ProbeFacts(dataSource),
      placements: this.placements,
      logger: this.logger,
      now: () => new Date(),
      times: TIMES,
    });
  }

  static async open(dataSource: DataSource): Promise<ProbedFleet> {
    const fleet = new ProbedFleet(dataSource, await mkdtemp(join(tmpdir(), 'probed-')));
    await fleet.#gateway.start();
    fleet.#hosts.start();
    fleet.prober.start();
    return fleet;
  }

  /** A host whose link stands; its row is there, as it is from the first link on. */
  async addHost(id: string, maxSandboxes = 4, options: Partial<SimulatedWolfOptions> = {}): Promise<SimulatedWolf> {
    const wolf = new SimulatedWolf({ socketPath: join(this.#folder, `${id}.sock`), ...options });
    await wolf.start();
    this.#wolfs.push(wolf);
    await this.registry.register({ id, name: id, address: '127.0.0.1:1', maxSandboxes });
    await this.connect(id);
    return wolf;
  }

  async connect(id: string): Promise<void> {
    await this.registry.markLinkConnected(id, '127.0.0.1:1');
    const runner = await TestRunner.start({
      api: this.#gateway.url,
      runnerId: runnerIdOf('wolf', id),
      token: 'host',
      service: { kind: 'unix', path: join(this.#folder, `${id}.sock`) },
    });
    this.#runners.set(id, runner);
    await eventually(() => {
      expect(this.#gateway.connections.find(runnerIdOf('wolf', id))?.state).toBe('connected');
    });
  }

  async disconnect(id: string): Promise<void> {
    this.#runners.get(id)?.destroy();
    await eventually(() => {
      expect(this.#gateway.connections.find(runnerIdOf('wolf', id))?.state).not.toBe('connected');
    });
    await this.registry.markLinkLost(id);
  }

  async host(id: string): Promise<WolfInstance> {
    const found = await this.registry.find(id);
    if (found === undefined) throw new Error(`${id} is not known`);
    return found;
  }

  async conditionsOf(id: string): Promise<readonly string[]> {
    return (await this.host(id)).conditions.map(({ type }) => type);
  }

  /** Where the next session goes; what keeps it from everywhere when it goes nowhere. */
  async place(sessionId: string): Promise<string> {
    const placed = await this.placements.place({ sessionId });
    if ('refused' in placed) return placed.reason;
    return 'queued' in placed ? 'queued' : placed.wolfInstanceId;
  }

  async close(): Promise<void> {
    await this.prober.close();
    this.#hosts.close();
    await this.#watches.close();
    for (const runner of this.#runners.values()) await runner.close();
    await this.#gateway.close();
    for (const wolf of this.#wolfs) await wolf.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
