import { PeriodicTask, withDeadline, withSignal, type Clock } from '@helix/pacing';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import type { SessionLists, UnsettledSession } from '../../session/session-lists.js';
import type { SessionDriver } from '../driver/session-driver.js';
import { DriveTroubles } from './drive-queue.js';
import type { SlotSweeper } from './slot-sweeper.js';

interface Drive {
  readonly host: string | null;
  readonly ended: Promise<void>;
}

/**
 * Finishes what commands left between two states: a replica was killed, a host was away. Sweeps every few seconds and leaves
 * rows alone whose lease is held. A sweep begins drives and does not wait for them: those of a host that does not answer take
 * only their host's places.
 */
export class SessionReconciler {
  readonly #lists: SessionLists;
  readonly #driver: SessionDriver;
  readonly #slots: SlotSweeper;
  readonly #troubles: DriveTroubles;
  readonly #task: PeriodicTask;
  readonly #drives = new Set<Drive>();
  #slotsSweptAtMs = -Infinity;

  constructor(
    lists: SessionLists,
    driver: SessionDriver,
    slots: SlotSweeper,
    logger: ExternalAgentLogger,
    {
      intervalMs = 1_000,
      clock,
    }: { readonly intervalMs?: number | undefined; readonly clock?: Clock | undefined } = {},
  ) {
    this.#lists = lists;
    this.#driver = driver;
    this.#slots = slots;
    this.#troubles = new DriveTroubles(logger);
    this.#task = new PeriodicTask({
      name: 'reconcile sessions',
      run: (signal) => this.#sweep(signal),
      restMs: intervalMs,
      firstMs: 0,
      logger,
      clock,
    });
  }

  /** Begins to sweep, at once and then after each interval of rest. */
  start(): void {
    this.#task.start();
  }

  /**
   * Begins no more drives and waits for those under way, for `LIMITS.reconcilerCloseMs` at most; `SessionDriver.close`
   * cuts what is left. Idempotent.
   */
  async close(): Promise<void> {
    const ended = this.#task.destroy().then(() => Promise.all([...this.#drives].map((drive) => drive.ended)));
    const late = (): Error => new Error('drives are still under way');
    await withDeadline(LIMITS.reconcilerCloseMs, undefined, late, (limited) => withSignal(limited, ended)).catch(
      () => undefined,
    );
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { reconcilerMaxDrives, reconcilerMaxDrivesPerHost, slotSweepIntervalMs } = LIMITS;
    for (const session of await this.#lists.listUnsettled(reconcilerMaxDrives, reconcilerMaxDrivesPerHost)) {
      if (signal.aborted || this.#drives.size >= reconcilerMaxDrives) return;
      if (this.#driveCountOf(session.wolfInstanceId) < reconcilerMaxDrivesPerHost) this.#begin(session);
    }
    if (performance.now() - this.#slotsSweptAtMs < slotSweepIntervalMs) return;
    await this.#slots.sweep();
    this.#slotsSweptAtMs = performance.now();
  }

  #begin({ id, wolfInstanceId: host }: UnsettledSession): void {
    const drive: Drive = {
      host,
      ended: this.#troubles.drive(this.#driver, id).finally(() => this.#drives.delete(drive)),
    };
    this.#drives.add(drive);
  }

  #driveCountOf(host: string | null): number {
    return [...this.#drives].filter((drive) => drive.host === host).length;
  }
}
