import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import type { SessionId } from '../../session/session-id.js';
import type { SessionLists, UnsettledSession } from '../../session/session-lists.js';
import type { SessionDriver } from '../driver/session-driver.js';
import type { SlotSweeper } from './slot-sweeper.js';

const SWEEP = '';

interface Drive {
  readonly host: string | null;
  readonly ended: Promise<void>;
}

/**
 * Finishes what commands left between two states: a replica was killed, a host was away. Sweeps every few seconds; rows
 * whose lease is held are somebody's work in progress and are left alone. A sweep begins drives and does not wait for
 * them: those of a host that does not answer take only their host's places.
 */
export class SessionReconciler {
  readonly #lists: SessionLists;
  readonly #driver: SessionDriver;
  readonly #slots: SlotSweeper;
  readonly #logger: ExternalAgentLogger;
  readonly #intervalMs: number;
  readonly #drives = new Set<Drive>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #sweep: Promise<void> = Promise.resolve();
  #slotsSweptAt = -Infinity;
  /** What failed lately and was told of: sessions by their ids, and the sweep itself. */
  readonly #troubles = new LRUCache<SessionId | typeof SWEEP, true>({
    max: LIMITS.reconcilerTroublesMaxCount,
    ttl: LIMITS.reconcilerTroubleTellAgainMs,
  });

  constructor(
    lists: SessionLists,
    driver: SessionDriver,
    slots: SlotSweeper,
    logger: ExternalAgentLogger,
    intervalMs = 1_000,
  ) {
    this.#lists = lists;
    this.#driver = driver;
    this.#slots = slots;
    this.#logger = logger;
    this.#intervalMs = intervalMs;
  }

  /** Begins to sweep, at once and then after each interval of rest. */
  start(): void {
    if (this.#timer !== undefined || this.#closing.signal.aborted) return;
    this.#schedule(0);
  }

  /**
   * Begins no more drives and waits for those under way, for `LIMITS.reconcilerCloseMs` at most; `SessionDriver.close`
   * cuts what is left. Idempotent.
   */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    const waited = new AbortController();
    const ended = this.#sweep.then(() => Promise.all([...this.#drives].map((drive) => drive.ended)));
    await Promise.race([
      ended.then(() => undefined),
      delay(LIMITS.reconcilerCloseMs, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#sweep = this.#sweepOnce().finally(() => {
        if (!this.#closing.signal.aborted) this.#schedule(this.#intervalMs);
      });
    }, delayMs);
    this.#timer.unref();
  }

  async #sweepOnce(): Promise<void> {
    try {
      const { reconcilerMaxDrives, reconcilerMaxDrivesPerHost, slotSweepIntervalMs } = LIMITS;
      for (const session of await this.#lists.listUnsettled(reconcilerMaxDrives, reconcilerMaxDrivesPerHost)) {
        if (this.#closing.signal.aborted || this.#drives.size >= reconcilerMaxDrives) return;
        if (this.#driveCountOf(session.wolfInstanceId) < reconcilerMaxDrivesPerHost) this.#begin(session);
      }
      if (performance.now() - this.#slotsSweptAt >= slotSweepIntervalMs) {
        await this.#slots.sweep();
        this.#slotsSweptAt = performance.now();
      }
      this.#troubles.delete(SWEEP);
    } catch (error) {
      this.#note(SWEEP, { error });
    }
  }

  #begin({ id, wolfInstanceId: host }: UnsettledSession): void {
    const drive: Drive = {
      host,
      ended: this.#driver
        .drive(id)
        .then(
          () => {
            this.#troubles.delete(id);
          },
          (error: unknown) => {
            this.#note(id, { sessionId: id, error });
          },
        )
        .finally(() => this.#drives.delete(drive)),
    };
    this.#drives.add(drive);
  }

  #driveCountOf(host: string | null): number {
    return [...this.#drives].filter((drive) => drive.host === host).length;
  }

  /** Said once for each trouble, not once for each try. */
  #note(trouble: SessionId | typeof SWEEP, fields: Readonly<Record<string, unknown>>): void {
    if (this.#troubles.has(trouble)) return;
    this.#troubles.set(trouble, true);
    this.#logger.warn(fields, 'sessions cannot be reconciled now');
  }
}
