import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { HostWatch } from '@helix/external-agent';
import { parseRunnerId, RunnerPresence, type ConnectionEvent } from '@helix/revdial';
import { ReplicaPresence, SchedulerError, WolfInstanceRegistry } from '@helix/scheduler';
import type { Logger } from 'pino';
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
  /** It has no connection, and may come back. */
  readonly isAway: boolean;
  readonly address: string;
  /** Names the link and this replica, so that the late end of an older one changes nothing. */
  readonly linkId: string;
  /** When it came, or was given up, on `performance.now`: what is written late must not pass for news. */
  readonly atMs: number;
}

/**
 * Tells the registry which hosts hold their link, as soon as one comes, loses its connection, or does not answer: placement reads it
 * there. Only links that were seen here are written of, in the name of this replica: one that
 * is only expected (`ExpectedRunners`) and does not come may well stand at another. Of hosts whose replica is gone the scheduler's
 * maintenance says that they are lost.
 */
@Injectable()
export class HostLinkWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private unsubscribes: readonly (() => void)[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  /** Links that are held here, or may come back. */
  private readonly links = new Map<string, HostLink>();
  /** The newest fact about each host that is not written yet; at most one a host, however often its link changes. */
  private readonly unwritten = new Map<string, HostLink>();
  private writing: Promise<void> | undefined;

  constructor(
    private readonly presence: RunnerPresence,
    private readonly registry: WolfInstanceRegistry,
    private readonly replica: ReplicaPresence,
    private readonly hosts: HostWatch,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.unsubscribes = [
      this.presence.subscribe((event) => {
        this.note(event);
      }),
      this.hosts.subscribeAnswering((id) => {
        this.tell(id);
      }),
      // Nothing could be heard or written for a while: standing links are reported at once, before any request.
      this.replica.whenBack(() => {
        void this.write();
        void this.touch();
      }),
    ];
    this.timers.push(
      setInterval(() => {
        void this.touch();
      }, TOUCH_INTERVAL_MS).unref(),
      setInterval(() => {
        void this.write();
      }, RETRY_INTERVAL_MS).unref(),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    // Links that end because this replica closes say nothing about their hosts.
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    for (const timer of this.timers) clearInterval(timer);
    await this.writing;
  }

  private note(event: ConnectionEvent): void {
    const runner = parseRunnerId(event.runnerId);
    if (runner?.kind !== 'wolf' || this.hosts.isLocal(runner.subject)) return;
    const id = runner.subject;
    const atMs = performance.now();
    if (event.type === 'connected') {
      const linkId = this.replica.linkIdOf(event.generation);
      const address = event.remoteAddress || UNKNOWN_ADDRESS;
      this.links.set(id, { isConnected: true, isAway: false, address, linkId, atMs });
      this.tell(id);
      return;
    }
    // One that was only expected.
    const link = this.links.get(id);
    if (link === undefined) return;
    if (event.type === 'gone') {
      this.links.delete(id);
      this.tell(id, { ...link, isConnected: false, atMs });
    } else {
      this.links.set(id, { ...link, isAway: event.type !== 'resumed' });
      this.tell(id);
    }
  }

  private tell(id: string, link: HostLink | undefined = this.links.get(id)): void {
    if (link === undefined) return;
    // A fact of its own each time: one that is told while the one before is being written is written after it.
    this.unwritten.set(id, { ...link });
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
        if (link.isConnected) {
          await this.registry.markLinkConnected(id, link.address, link.linkId, {
            ageMs: performance.now() - link.atMs,
            isAway: link.isAway,
            // As it is by now, however long this had to wait.
            isAnswering: this.hosts.isAnswering(id),
          });
        } else await this.registry.markLinkLost(id, link.linkId);
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
    const linked = this.presence.list().filter((runner) => runner.kind === 'wolf' && runner.state === 'connected');
    try {
      await this.registry.touch([...this.hosts.localInstanceIds, ...linked.map((runner) => runner.subject)]);
    } catch (error) {
      this.logger.warn({ error }, 'could not record which hosts are linked');
    }
  }
}
