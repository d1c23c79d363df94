import { PeriodicTask, type Clock } from '@helix/pacing';
import { runnerIdOf, type RunnerDialer, type RunnerHttp, type RunnerPresence } from '@helix/revdial';
import { ReplicaPresence, type PlacementService, type ProbeFacts, type WolfInstanceRegistry } from '@helix/scheduler';
import type { WolfClientFactory, WolfWatches } from '@helix/wolf-client';
import type { DataSource } from 'typeorm';
import { ClipboardService } from './desktop-services/clipboard.service.js';
import { ByteBudget } from './desktop-services/byte-budget.js';
import type { DesktopConfig } from './life/desktop/desktop-config.js';
import { ExecService } from './desktop-services/exec/exec.service.js';
import type { ExternalAgentLogger } from './external-agent-logger.js';
import { IdleSweeper } from './life/sweeps/idle-sweeper.js';
import { SessionActivity } from './session/session-activity.js';
import { ExternalAgentService } from './life/external-agent.service.js';
import { LobbyKeeper } from './life/driver/lobby-keeper.js';
import { DriveQueue } from './life/sweeps/drive-queue.js';
import { QueueSweeper } from './life/sweeps/queue-sweeper.js';
import { SessionDriver } from './life/driver/session-driver.js';
import { SessionReconciler } from './life/sweeps/session-reconciler.js';
import type { SessionTokenIssuer } from './life/driver/session-driver-parts.js';
import { SlotSweeper } from './life/sweeps/slot-sweeper.js';
import { DesktopHealthService } from './desktop-services/desktop-health.service.js';
import { HostProber } from './hosts/host-prober.js';
import { DrainSweeper } from './life/sweeps/drain-sweeper.js';
import { HostLossSweeper } from './life/sweeps/host-loss-sweeper.js';
import { HostWatch } from './hosts/host-watch.js';
import { LobbyAuditor } from './life/sweeps/lobby-auditor.js';
import type { ProbeTimes } from './hosts/probe-times.js';
import { LIMITS } from './limits.js';
import { LogService } from './desktop-services/logs/log.service.js';
import { LastPictureKeeper } from './desktop-services/pictures/last-picture-keeper.js';
import { LastPictures } from './desktop-services/pictures/last-pictures.js';
import { ScreenshotService } from './desktop-services/pictures/screenshot.service.js';
import { HostLosses, type HostLossPolicy } from './session/host-losses.js';
import type { SessionDirectory } from './session/session-directory.js';
import type { SessionId } from './session/session-id.js';
import { SessionLists } from './session/session-lists.js';
import { SessionQueue } from './session/session-queue.js';
import { SessionRepository } from './session/session.repository.js';
import { SessionShareRepository } from './session/shares/session-share.repository.js';
import { AutoJoin } from './streams/auto-join.js';
import type { IceServers } from './streams/ice/ice-servers.js';
import { SessionStreams } from './streams/session-streams.js';
import type { StreamPolicy } from './streams/stream-policy.js';
import { UploadService } from './desktop-services/upload/upload.service.js';
import { SessionFeed } from './view/session-feed.js';
import { SessionViews } from './view/session-view.js';
import { verifyExternalAgentLimits } from './verify-limits.js';

/** What the host application decides. */
export interface ExternalAgentsOptions {
  readonly desktop: DesktopConfig;
  readonly tokens: SessionTokenIssuer;
  readonly logger: ExternalAgentLogger;
  /** Whose link a session's desktop is, as the tunnel's authorizer names who holds the session's token. */
  readonly desktopPrincipalOf: (sessionId: SessionId) => string;
  /** Idle time after which a desktop is stopped, in milliseconds, where its session has no limit of its own; 0: never. */
  readonly idleLimitMs: number;
  /** May callers run commands in their desktops? */
  readonly execEnabled: boolean;
  /** Wolf instances that are reached without a link. */
  readonly localInstanceIds: readonly string[];
  readonly streams: StreamPolicy;
  /** For viewers, in place of the hosts' own. */
  readonly iceServers: IceServers;
  /** When a host counts as lost, and how long its sessions wait for it; 60 s and 15 minutes where it is absent. */
  readonly hostLoss?: HostLossPolicy;
  /** Rest between two looks for unfinished sessions, in milliseconds; the reconciler's own where it is absent. */
  readonly reconcileIntervalMs?: number;
  /** What reconciling, sweeps, audits and probes go by; the system's where it is absent. */
  readonly clock?: Clock;
  /** How often hosts are probed, where it is not as usual. */
  readonly probeTimes?: Partial<ProbeTimes>;
}

/** What it is built on. */
export interface ExternalAgentsBase {
  readonly dataSource: DataSource;
  /** Made apart: who may hold which link is decided by it, before there are any. */
  readonly directory: SessionDirectory;
  readonly presence: RunnerPresence;
  readonly dialer: RunnerDialer;
  readonly http: RunnerHttp;
  readonly placements: PlacementService;
  readonly instances: WolfInstanceRegistry;
  readonly probeFacts: ProbeFacts;
  readonly wolfs: WolfClientFactory;
  readonly watches: WolfWatches;
  /** This process among those that share the database; one of its own where it is absent. */
  readonly replica?: ReplicaPresence;
}

/** Everything of this package that one replica holds, put together; begins to work with `start`. */
export class ExternalAgents {
  readonly budget = new ByteBudget(LIMITS.desktopBytesMaxInFlight);
  readonly activity: SessionActivity;
  readonly pictures: LastPictures;
  readonly screenshots: ScreenshotService;
  readonly clipboards: ClipboardService;
  readonly uploads: UploadService;
  readonly execs: ExecService;
  readonly logs: LogService;
  readonly health: DesktopHealthService;
  readonly agents: ExternalAgentService;
  readonly hosts: HostWatch;
  readonly autoJoin: AutoJoin;
  readonly views: SessionViews;
  readonly feed: SessionFeed;
  readonly streams: SessionStreams;
  readonly #watches: WolfWatches;
  readonly #auditor: LobbyAuditor;
  readonly #prober: HostProber;
  readonly #driver: SessionDriver;
  readonly #reconciler: SessionReconciler;
  readonly #drives: DriveQueue;
  readonly #tasks: readonly PeriodicTask[];

  constructor(options: ExternalAgentsOptions, base: ExternalAgentsBase) {
    verifyExternalAgentLimits();
    const { desktop, tokens, logger } = options;
    const { dataSource, directory, presence, dialer, http, placements, instances, wolfs, watches } = base;
    const replica = base.replica ?? new ReplicaPresence(dataSource);
    const repository = new SessionRepository(dataSource, replica.id);
    const lists = new SessionLists(dataSource, replica.id);
    this.activity = new SessionActivity(dataSource);
    this.pictures = new LastPictures(dataSource);
    this.screenshots = new ScreenshotService(http, directory, this.budget);
    this.clipboards = new ClipboardService(http, directory, this.budget);
    this.uploads = new UploadService(http, directory);
    this.execs = new ExecService(http, directory, this.budget, { isEnabled: options.execEnabled, logger });
    this.logs = new LogService(http, directory, this.budget);
    this.health = new DesktopHealthService(http);
    const isConnected = (id: SessionId): boolean => presence.isConnected(runnerIdOf('sandbox', id));
    const pictures = new LastPictureKeeper(this.screenshots, this.pictures, isConnected, logger);
    const { idleLimitMs, localInstanceIds } = options;
    const hosts = new HostWatch({ presence, watches, localInstanceIds });
    this.hosts = hosts;
    this.#driver = new SessionDriver({
      repository,
      directory,
      placements,
      instances,
      lobbies: new LobbyKeeper(wolfs, logger),
      hosts,
      pictures,
      tokens,
      desktop,
      logger,
      now: replica.now,
      expectDesktop: (id) => {
        presence.expect(runnerIdOf('sandbox', id), options.desktopPrincipalOf(id));
      },
      disconnect: (id) => {
        presence.remove(runnerIdOf('sandbox', id));
      },
    });
    const slots = new SlotSweeper(lists, this.#driver);
    this.#reconciler = new SessionReconciler(lists, this.#driver, slots, logger, {
      intervalMs: options.reconcileIntervalMs,
      clock: options.clock,
    });
    this.agents = new ExternalAgentService({
      repository,
      lists,
      directory,
      driver: this.#driver,
      pictures,
      desktop,
      placements,
    });
    this.#watches = watches;
    this.autoJoin = new AutoJoin(wolfs, this.hosts);
    this.views = new SessionViews({
      presence,
      hosts: this.hosts,
      localInstanceIds,
      idleLimitMs,
      now: replica.now,
    });
    this.feed = new SessionFeed(presence, directory, this.views);
    this.streams = new SessionStreams({
      presence,
      dialer,
      wolfs,
      directory,
      feed: this.feed,
      autoJoin: this.autoJoin,
      activity: this.activity,
      policy: options.streams,
      iceServers: options.iceServers,
      logger,
    });
    this.#auditor = new LobbyAuditor(dataSource, this.#driver, hosts, logger, {
      apartMs: options.probeTimes?.readingsApartMs,
      clock: options.clock,
    });
    this.hosts.subscribe((wolfInstanceId, snapshot) => {
      this.#auditor.look(wolfInstanceId, snapshot);
    });
    this.#prober = new HostProber({
      presence,
      wolfs,
      hosts: this.hosts,
      facts: base.probeFacts,
      placements,
      localInstanceIds,
      logger,
      now: replica.now,
      times: options.probeTimes,
      clock: options.clock,
    });
    const idle = new IdleSweeper(this.activity, idleLimitMs, logger);
    const shares = new SessionShareRepository(dataSource);
    this.#drives = new DriveQueue(this.#driver, logger);
    const queue = new SessionQueue(dataSource);
    const waiting = new QueueSweeper(queue, this.#drives);
    const lossPolicy = options.hostLoss ?? { afterMs: LIMITS.hostLostAfterMs, deadlineMs: LIMITS.hostLostDeadlineMs };
    const hostLosses = new HostLosses(dataSource, lossPolicy);
    const hasObservedFor = (ms: number): Promise<boolean> => replica.hasObservedFor(ms);
    const lossWatch = { afterMs: lossPolicy.afterMs, hasObservedFor };
    /** What is stopped because time has passed is not stopped by a clock that was set, or for want of what could not be heard. */
    const ifObservedFor = (ms: number, work: () => Promise<void>) => async (): Promise<void> => {
      if (await hasObservedFor(ms)) await work();
    };
    const idleObservedMs = Math.min(LIMITS.idleObservedMs, idleLimitMs > 0 ? idleLimitMs : Infinity);
    const lost = new HostLossSweeper(hostLosses, this.#driver, this.#drives, lossWatch, logger);
    const drained = new DrainSweeper(dataSource, repository, logger);
    const task = (name: string, run: () => Promise<void>, restMs: number): PeriodicTask =>
      new PeriodicTask({ name, run, restMs, logger, clock: options.clock });
    const stopIdle = ifObservedFor(idleObservedMs, () => idle.sweep());
    const endDrains = ifObservedFor(LIMITS.drainSweepIntervalMs, () => drained.sweep());
    this.#tasks = [
      task('stop idle desktops', stopIdle, LIMITS.idleSweepIntervalMs),
      task('drop old pictures', () => this.pictures.sweep(), LIMITS.pictureSweepIntervalMs),
      task('drop old shares', () => shares.sweep(), LIMITS.shareSweepIntervalMs),
      task('serve placement queue', () => waiting.sweep(), LIMITS.queueSweepIntervalMs),
      task('publish queue positions', () => queue.refreshPositions(), LIMITS.queuePositionIntervalMs),
      task('follow lost hosts', () => lost.sweep(), LIMITS.hostLossSweepIntervalMs),
      task('end drains', endDrains, LIMITS.drainSweepIntervalMs),
    ];
  }

  start(): void {
    this.#reconciler.start();
    this.hosts.start();
    this.#prober.start();
    this.streams.start();
    this.feed.start();
    for (const task of this.#tasks) task.start();
  }

  /** Something has changed for the session, such as a slot that it was given: it is driven soon. Cheap; unknown ids do no harm. */
  enqueueDrive(sessionId: string): void {
    this.#drives.enqueue(sessionId);
  }

  /** Begins nothing more, and cuts what is under way after a moment, for other replicas to take up. Idempotent. */
  async close(): Promise<void> {
    this.agents.close();
    this.streams.close();
    this.feed.close();
    const probing = this.#prober.close();
    this.hosts.close();
    await Promise.all([
      probing,
      this.#reconciler.close(),
      this.#watches.close(),
      ...this.#tasks.map((task) => task.close()),
    ]);
    // What still audits a session is cut with the drives.
    await Promise.all([this.#driver.close(), this.#auditor.close(), this.#drives.close()]);
  }
}
