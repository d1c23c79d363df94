import { LRUCache } from 'lru-cache';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import { isSessionId, type SessionId } from '../../session/session-id.js';
import type { SessionDriver } from '../driver/session-driver.js';

/**
 * One log line for a session that cannot be driven, however often that is tried; again after a while. Sessions are many, so that
 * those whose trouble is known are bounded.
 */
export class DriveTroubles {
  readonly #logger: ExternalAgentLogger;
  readonly #failing = new LRUCache<SessionId, true>({
    max: LIMITS.reconcilerTroublesMaxCount,
    ttl: LIMITS.reconcilerTroubleTellAgainMs,
  });

  constructor(logger: ExternalAgentLogger) {
    this.#logger = logger;
  }

  /** Drives the session and never rejects. */
  async drive(driver: Pick<SessionDriver, 'drive'>, sessionId: SessionId): Promise<void> {
    try {
      await driver.drive(sessionId);
      this.#failing.delete(sessionId);
    } catch (error) {
      if (this.#failing.has(sessionId)) return;
      this.#failing.set(sessionId, true);
      this.#logger.warn({ sessionId, error }, 'session drive failed; it is retried');
    }
  }
}

/**
 * Drives sessions for which something has changed, a few at a time, first come, first served. What comes while too many wait is
 * left to the sweeps. Ids of no session do no harm.
 */
export class DriveQueue {
  readonly #driver: Pick<SessionDriver, 'drive'>;
  readonly #troubles: DriveTroubles;
  readonly #waiting = new Set<SessionId>();
  readonly #drives = new Set<Promise<void>>();
  #isClosed = false;

  constructor(driver: Pick<SessionDriver, 'drive'>, logger: ExternalAgentLogger) {
    this.#driver = driver;
    this.#troubles = new DriveTroubles(logger);
  }

  enqueue(id: string): void {
    if (this.#isClosed || !isSessionId(id) || this.#waiting.size >= LIMITS.driveQueueMaxCount) return;
    this.#waiting.add(id);
    this.#begin();
  }

  /** Begins nothing more; resolves when the drives under way are over. Idempotent; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    await Promise.all(this.#drives);
  }

  #begin(): void {
    for (const id of this.#waiting) {
      if (this.#drives.size >= LIMITS.queuedDrivesAtOnce) return;
      this.#waiting.delete(id);
      const drive = this.#troubles.drive(this.#driver, id).finally(() => {
        this.#drives.delete(drive);
        this.#begin();
      });
      this.#drives.add(drive);
    }
  }
}
