import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attachRevDialGateway,
  ConnectionManager,
  fixedToken,
  parseServerAddress,
  RevDialGateway,
  RunnerTunnel,
  runnerIdOf,
  SocketConnector,
} from '@helix/revdial';
import { SimulatedWolf, type SimulatedWolfOptions } from '@helix/sandbox-simulator';
import { PlacementService, ProbeFacts, WolfInstanceRegistry, type WolfInstance } from '@helix/scheduler';
import { WolfClientFactory, WolfWatches } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';
import { eventually } from '@helix/pacing/testing';
import { HostProber, HostWatch } from '../../src/index.js';
import { RecordingLogger } from './recording-logger.js';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
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
  readonly #connections = new ConnectionManager({ graceMs: 100 });
  readonly #api = createServer((_request, response) => response.writeHead(404).end());
  readonly #wolfs: SimulatedWolf[] = [];
  readonly #tunnels = new Map<string, RunnerTunnel>();
  readonly #folder: string;
  readonly #watches: WolfWatches;
  readonly #hosts: HostWatch;
  readonly prober: HostProber;

  private constructor(dataSource: DataSource, folder: string) {
    this.#folder = folder;
    this.registry = new WolfInstanceRegistry(dataSource);
    this.placements = new PlacementService(dataSource);
    const wolfs = new WolfClientFactory({ dialer: this.#connections });
    this.#watches = new WolfWatches(wolfs, WATCH);
    const shared = { connections: this.#connections, localInstanceIds: [] };
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
    const authenticate = (): Promise<{ name: string; mayOpen: () => Promise<'granted'> }> =>
      Promise.resolve({ name: 'host', mayOpen: () => Promise.resolve('granted') });
    attachRevDialGateway(fleet.#api, new RevDialGateway(fleet.#connections, { authenticate }));
    fleet.#api.listen(0, '127.0.0.1');
    await once(fleet.#api, 'listening');
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
    const server = parseServerAddress(`http://127.0.0.1:${String((this.#api.address() as AddressInfo).port)}`);
    if (server === undefined) throw new Error('no address');
    const tunnel = new RunnerTunnel({
      connector: new SocketConnector({ server }),
      runnerId: runnerIdOf('wolf', id),
      local: { kind: 'unix', path: join(this.#folder, `${id}.sock`) },
      token: fixedToken('host'),
      logger: SILENT,
    });
    tunnel.start();
    this.#tunnels.set(id, tunnel);
    await eventually(() => {
      expect(this.#connections.find(runnerIdOf('wolf', id))?.state).toBe('connected');
    });
  }

  async disconnect(id: string): Promise<void> {
    this.#tunnels.get(id)?.destroy();
    await eventually(() => {
      expect(this.#connections.find(runnerIdOf('wolf', id))?.state).not.toBe('connected');
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
    for (const tunnel of this.#tunnels.values()) tunnel.destroy();
    await this.#connections.close(0);
    this.#api.closeAllConnections();
    this.#api.close();
    for (const wolf of this.#wolfs) await wolf.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
