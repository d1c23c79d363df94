import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import type { DriveQueue } from './drive-queue.js';
import type { SessionDriver } from '../driver/session-driver.js';
import { LIMITS } from '../../limits.js';
import type { ReplicaPresence } from '@helix/scheduler';
import type { HostLosses } from '../../session/host-losses.js';
import type { SessionId } from '../../session/session-id.js';

/** For how long a host must be silent to be lost, and whether it could have been heard for as long. */
export interface HostLossWatch extends Pick<ReplicaPresence, 'hasObservedFor'> {
  readonly afterMs: number;
}

/**
 * Follows hosts that hold no link and are not heard of: their sessions are told, and given up when the hosts do not come back in
 * time. Nothing is said of a host before it could have been heard here for as long as it must be silent to be lost: after a start, a
 * stop of the process, or while the database was away, what the rows say of links is old.
 */
export class HostLossSweeper {
  readonly #losses: HostLosses;
  readonly #driver: Pick<SessionDriver, 'giveUpHost'>;
  readonly #drives: DriveQueue;
  readonly #watch: HostLossWatch;
  readonly #logger: ExternalAgentLogger;

  constructor(
    losses: HostLosses,
    driver: Pick<SessionDriver, 'giveUpHost'>,
    drives: DriveQueue,
    watch: HostLossWatch,
    logger: ExternalAgentLogger,
  ) {
    this.#losses = losses;
    this.#driver = driver;
    this.#drives = drives;
    this.#watch = watch;
    this.#logger = logger;
  }

  /** @throws the database's errors */
  async sweep(): Promise<void> {
    const returned = await this.#losses.clearReturned();
    for (const sessionId of returned) this.#logger.info({ sessionId }, 'the host of a session is back');
    if (!(await this.#watch.hasObservedFor(this.#watch.afterMs))) return;
    const lost = await this.#losses.mark();
    if (lost.length > 0) this.#logger.warn({ sessionIds: lost }, 'sessions lost their host');
    await this.#giveUp([...(await this.#losses.listOverdue())]);
  }

  async #giveUp(overdue: SessionId[]): Promise<void> {
    const work = async (): Promise<void> => {
      for (let id = overdue.shift(); id !== undefined; id = overdue.shift()) {
        await this.#giveUpOne(id);
      }
    };
    await Promise.all(Array.from({ length: LIMITS.hostLossDrivesAtOnce }, work));
  }

  /** Never rejects: the trouble of one session is not that of the others. */
  async #giveUpOne(sessionId: SessionId): Promise<void> {
    try {
      const session = await this.#driver.giveUpHost(sessionId);
      // Making a desktop takes long, and the next sweep does not wait for it.
      if (session?.state === 'queued') this.#drives.enqueue(sessionId);
    } catch (error) {
      this.#logger.warn({ sessionId, error }, 'giving up a session of a lost host failed; it is retried');
    }
  }
}
