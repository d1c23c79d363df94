import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ConnectionManager, parseRunnerId, type ConnectionEvent } from '@helix/revdial';
import { ReplicaPresence, SchedulerError, WolfInstanceRegistry } from '@helix/scheduler';
import type { Logger } from 'pino';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { databaseTroubleOf } from '../database/database-trouble.js';
import { LOGGER } from '../logging/logging.module.js';

/** A third of the age at which the registry takes a host for silent. */
const TOUCH_INTERVAL_MS = 30_000;
/** What could not be written, because the database was away, is written within this time of its return. */
const RETRY_INTERVAL_MS = 5_000;
/** A socket that was gone before it was asked has no address any more; the registry wants one. */
const UNKNOWN_ADDRESS = 'unknown';

interface HostLink {
  readonly isConnected: boolean;
  readonly address: string;
  /** Names the link and this replica, so that the late end of an older one changes nothing. */
  readonly linkId: string;
  /** When this was so, on `performance.now`: what is written late must not pass for news. */
  readonly atMs: number;
}

/**
 * Tells the registry which hosts hold their link. Only links that were seen here are written of, in the name of this replica: one that
 * is only expected (`ExpectedRunners`) and does not come may well stand at another. Of hosts whose replica is gone the scheduler's
 * maintenance says that they are lost.
 */
@Injectable()
export class HostLinkWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private unsubscribe: () => void = () => undefined;
  private unsubscribeFromGaps: () => void = () => undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly lastLinkIds = new Map<string, string>();
  /** The newest fact about each host that is not written yet; at most one a host, whatever its link does meanwhile. */
  private readonly unwritten = new Map<string, HostLink>();
  private writing: Promise<void> | undefined;

  constructor(
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(ConnectionManager) private readonly connections: ConnectionManager,
    @Inject(WolfInstanceRegistry) private readonly registry: WolfInstanceRegistry,
    @Inject(ReplicaPresence) private readonly replica: ReplicaPresence,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.unsubscribe = this.connections.subscribe((event) => {
      this.note(event);
    });
    if (this.config.localWolf !== undefined) {
      await this.registry.markLinkConnected(this.config.localWolf.instanceId, this.config.localWolf.socketPath);
    }
    this.timers.push(
      setInterval(() => {
        void this.touch();
      }, TOUCH_INTERVAL_MS).unref(),
      setInterval(() => {
        void this.write();
      }, RETRY_INTERVAL_MS).unref(),
    );
    // Nothing could be heard or written for a while: the links that stand are told of at once, before anybody asks.
    this.unsubscribeFromGaps = this.replica.whenBack(() => {
      void this.write();
      void this.touch();
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Links that end because this replica closes say nothing about their hosts.
    this.unsubscribe();
    this.unsubscribeFromGaps();
    for (const timer of this.timers) clearInterval(timer);
    await this.writing;
  }

  private note(event: ConnectionEvent): void {
    const runner = parseRunnerId(event.runnerId);
    if (runner?.kind !== 'wolf' || runner.subject === this.config.localWolf?.instanceId) return;
    const id = runner.subject;
    if (event.type === 'connected') {
      const linkId = this.replica.linkIdOf(event.generation);
      this.lastLinkIds.set(id, linkId);
      const address = event.link.remoteAddress || UNKNOWN_ADDRESS;
      this.unwritten.set(id, { isConnected: true, address, linkId, atMs: performance.now() });
    } else if (event.type === 'gone') {
      const linkId = this.lastLinkIds.get(id);
      if (linkId === undefined) return;
      this.lastLinkIds.delete(id);
      this.unwritten.set(id, { isConnected: false, address: '', linkId, atMs: performance.now() });
    }
    void this.write();
  }

  /** One writer at a time, so that "lost" never overtakes the "connected" that came before it. */
  private async write(): Promise<void> {
    if (this.writing !== undefined) return;
    this.writing = this.writeAll().finally(() => {
      this.writing = undefined;
    });
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    for (const [id] of this.unwritten) if (!(await this.writeHost(id))) return;
  }

  /** False when the database is away: then it is away for all. */
  private async writeHost(id: string): Promise<boolean> {
    for (let link = this.unwritten.get(id); link !== undefined; link = this.unwritten.get(id)) {
      try {
        const ageMs = performance.now() - link.atMs;
        if (link.isConnected) await this.registry.markLinkConnected(id, link.address, link.linkId, ageMs);
        else await this.registry.markLinkLost(id, link.linkId);
      } catch (error) {
        const isRefused = error instanceof SchedulerError && error.code === 'INVALID_INSTANCE';
        if (!isRefused) {
          this.logger.warn(
            { wolfInstanceId: id, error },
            'the registry could not be told of a link; it is tried again',
          );
          return databaseTroubleOf(error) === undefined;
        }
        this.logger.warn({ wolfInstanceId: id, error }, 'the registry refuses a host that is linked');
      }
      // What was noted meanwhile is newer, and is written next.
      if (this.unwritten.get(id) === link) this.unwritten.delete(id);
    }
    return true;
  }

  private async touch(): Promise<void> {
    const linked = this.connections.list().filter((runner) => runner.kind === 'wolf' && runner.state === 'connected');
    const local = this.config.localWolf === undefined ? [] : [this.config.localWolf.instanceId];
    try {
      await this.registry.touch([...local, ...linked.map((runner) => runner.subject)]);
    } catch (error) {
      this.logger.warn({ error }, 'the registry could not be told which hosts are linked');
    }
  }
}
