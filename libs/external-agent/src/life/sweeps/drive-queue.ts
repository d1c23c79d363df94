import { LRUCache } from 'lru-cache';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import { isSessionId, type SessionId } from '../../session/session-id.js';
import type { SessionDriver } from '../driver/session-driver.js';

/**
 * Drives sessions as soon as it is their turn, so many at once. For those of which it is known that something has changed; who is
 * told too many at once may forget some, since sweeps find them again. Ids of nobody do no harm.
 */
export class PromptDrives {
  readonly #driver: Pick<SessionDriver, 'drive'>;
  readonly #logger: ExternalAgentLogger;
  readonly #waiting = new Set<SessionId>();
  readonly #drives = new Set<Promise<void>>();
  /** Sessions of whose trouble the log was told. */
  readonly #troubles = new LRUCache<SessionId, true>({
    max: LIMITS.reconcilerTroublesMaxCount,
    ttl: LIMITS.reconcilerTroubleTellAgainMs,
  });
  #isClosed = false;

  constructor(driver: Pick<SessionDriver, 'drive'>, logger: ExternalAgentLogger) {
    this.#driver = driver;
    this.#logger = logger;
  }

  soon(id: string): void {
    if (this.#isClosed || !isSessionId(id) || this.#waiting.size >= LIMITS.promptDrivesWaiting) return;
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
      if (this.#drives.size >= LIMITS.promptDrivesAtOnce) return;
      this.#waiting.delete(id);
      const drive = this.#take(id).finally(() => {
        this.#drives.delete(drive);
        this.#begin();
      });
      this.#drives.add(drive);
    }
  }

  /** Never rejects. */
  async #take(id: SessionId): Promise<void> {
    try {
      await this.#driver.drive(id);
      this.#troubles.delete(id);
    } catch (error) {
      if (!this.#troubles.has(id)) this.#logger.warn({ sessionId: id, error }, 'a session cannot be driven now');
      this.#troubles.set(id, true);
    }
  }
}
