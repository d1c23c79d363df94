import { ConnectionManager } from '@helix/revdial';
import { PlacementService, ReplicaPresence, WolfInstanceRegistry } from '@helix/scheduler';
import { WolfWatches, type WolfClientFactory, type WolfWatchOptions } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';

import {
  ExternalAgentService,
  HostLosses,
  HostLossSweeper,
  HostWatch,
  LobbyAuditor,
  LobbyKeeper,
  DriveQueue,
  QueueSweeper,
  SessionDirectory,
  SessionDriver,
  SessionLists,
  SessionQueue,
  SessionReconciler,
  SessionRepository,
  SlotSweeper,
  type DesktopConfig,
  type HostLossPolicy,
  type SessionId,
  type SessionTokenIssuer,
} from '../../src/index.js';
import { RecordingLogger } from './recording-logger.js';
import { RecordingPictures } from './recording-pictures.js';

export const DESKTOP: DesktopConfig = {
  apiUrl: 'http://127.0.0.1:1',
  desktopName: 'sway',
  defaultImage: 'desktop:default',
  imageRepository: 'desktop',
  allowedImages: ['desktop:other'],
  stateRoot: '/wolf-state',
  environment: ['TEAM=blue'],
  mounts: [],
  devices: [],
  resources: { memoryMb: undefined, cpus: undefined, shmMb: 1024, pidsLimit: 8192 },
  security: { isPrivileged: false, addedCapabilities: [] },
};

/** Everything of this package that one process of the API holds. */
export class Replica {
  readonly repository: SessionRepository;
  readonly lists: SessionLists;
  readonly directory: SessionDirectory;
  readonly placements: PlacementService;
  readonly instances: WolfInstanceRegistry;
  readonly driver: SessionDriver;
  readonly slots: SlotSweeper;
  readonly drives: DriveQueue;
  readonly queue: SessionQueue;
  readonly waiting: QueueSweeper;
  readonly agents: ExternalAgentService;
  readonly logger = new RecordingLogger();
  /** Hosts of which the test says that their link is away, and those of which this replica says that they gave no answer. */
  readonly presence = {
    away: new Set<string>(),
    doubted: [] as string[],
    isReachable: (id: string): boolean => !this.presence.away.has(id),
    heardAtMs: (): undefined => undefined,
    doubt: (id: string): void => {
      this.presence.doubted.push(id);
    },
  };
  readonly expected: SessionId[] = [];
  readonly disconnected: SessionId[] = [];
  readonly pictures = new RecordingPictures();
  readonly clients: WolfClientFactory;
  readonly #dataSource: DataSource;
  readonly #reconcilers: SessionReconciler[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(
    dataSource: DataSource,
    clients: WolfClientFactory,
    tokens: SessionTokenIssuer,
    changes: Partial<DesktopConfig> = {},
  ) {
    this.clients = clients;
    this.#dataSource = dataSource;
    const desktop = { ...DESKTOP, ...changes };
    this.repository = new SessionRepository(dataSource);
    this.lists = new SessionLists(dataSource);
    this.directory = new SessionDirectory(this.repository);
    this.placements = new PlacementService(dataSource);
    this.instances = new WolfInstanceRegistry(dataSource);
    this.driver = new SessionDriver({
      repository: this.repository,
      directory: this.directory,
      placements: this.placements,
      instances: this.instances,
      lobbies: new LobbyKeeper(clients, this.logger),
      hosts: this.presence,
      pictures: this.pictures,
      tokens,
      desktop,
      logger: this.logger,
      now: () => new Date(),
      expectDesktop: (sessionId) => this.expected.push(sessionId),
      disconnect: (sessionId) => this.disconnected.push(sessionId),
    });
    this.slots = new SlotSweeper(this.lists, this.driver);
    this.drives = new DriveQueue(this.driver, this.logger);
    this.queue = new SessionQueue(dataSource);
    this.waiting = new QueueSweeper(this.queue, this.drives);
    this.agents = new ExternalAgentService({
      repository: this.repository,
      lists: this.lists,
      directory: this.directory,
      driver: this.driver,
      pictures: this.pictures,
      desktop,
      placements: this.placements,
    });
  }

  /** Follows these hosts and audits what they run, as a replica that holds their links does. */
  watchHosts(localInstanceIds: readonly string[], options: WolfWatchOptions = {}, readingsApartMs = 50): HostWatch {
    const watches = new WolfWatches(this.clients, options);
    const hosts = new HostWatch({ presence: new ConnectionManager(), watches, localInstanceIds });
    const auditor = new LobbyAuditor(this.#dataSource, this.driver, hosts, this.logger, { apartMs: readingsApartMs });
    hosts.subscribe((id, snapshot) => {
      auditor.look(id, snapshot);
    });
    hosts.start();
    this.#closers.push(async () => {
      hosts.close();
      await watches.close();
      await auditor.close();
    });
    return hosts;
  }

  /** Follows lost hosts; nothing is swept until the test does. */
  watchLosses(policy: HostLossPolicy): HostLossSweeper {
    const losses = new HostLosses(this.#dataSource, policy);
    const presence = new ReplicaPresence(this.#dataSource);
    const watch = { ...policy, hasObservedFor: (ms: number) => presence.hasObservedFor(ms) };
    return new HostLossSweeper(losses, this.driver, this.drives, watch, this.logger);
  }

  /** Sweeps often, so that a test need not wait; the retries' own pauses stay. */
  startReconciler(): SessionReconciler {
    const reconciler = new SessionReconciler(this.lists, this.driver, this.slots, this.logger, { intervalMs: 20 });
    this.#reconcilers.push(reconciler);
    reconciler.start();
    return reconciler;
  }

  async close(): Promise<void> {
    this.agents.close();
    await Promise.all(this.#reconcilers.map((reconciler) => reconciler.close()));
    await Promise.all([this.driver.close(), this.drives.close(), ...this.#closers.map((close) => close())]);
  }
}
