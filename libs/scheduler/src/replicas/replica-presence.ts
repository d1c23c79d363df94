import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { SCHEDULER_LIMITS } from '../limits.js';
import { OBSERVED_TURN_MS, ObservedTime } from './observed-time.js';

/**
 * Of the host `i`, with the id of the one who asks as `$<place>` or `:name`: its link stands at another replica, which lives. Only
 * that one reaches the host, so only that one works on it. An owner is named by the part of `link_id` before its slash.
 */
export function isLinkedElsewhere(replica: string): string {
  return `(i.link_connected AND EXISTS (SELECT FROM replicas r WHERE r.id = split_part(i.link_id, '/', 1)
    AND r.id <> ${replica} AND r.lease_until > now()))`;
}

/**
 * This process among those that share the database: its name, its lease, and the time they share. The lease is renewed every few
 * seconds, by a write that also shows whether the database takes any and what its clock says.
 */
export class ReplicaPresence {
  readonly id: string;
  readonly #dataSource: DataSource;
  readonly #observed: ObservedTime;
  readonly #listeners = new Set<() => void>();
  #timers: readonly NodeJS.Timeout[] = [];
  #renewal: Promise<void> | undefined;
  #renewedAtMs = -Infinity;
  #gapsTold = 0;
  #isClosed = false;

  constructor(dataSource: DataSource, id: string = randomUUID(), observed = new ObservedTime()) {
    this.#dataSource = dataSource;
    this.id = id;
    this.#observed = observed;
  }

  /** Names a link of this replica in the registry, for `WolfInstanceRegistry.markLinkConnected`. */
  linkIdOf(generation: number): string {
    return `${this.id}/${String(generation)}`;
  }

  /** Resolves when the lease is held. Rejects with the database's errors. */
  async start(): Promise<void> {
    await this.renew();
    await this.#dataSource.query(
      `DELETE FROM replicas WHERE lease_until < now() - $1::float8 * interval '1 millisecond'`,
      [SCHEDULER_LIMITS.replicaForgottenMs],
    );
    this.#timers = [
      setInterval(() => {
        const { gaps } = this.#observed;
        this.#observed.turn();
        // Who was stopped finds out at once what has become of the world.
        if (this.#observed.gaps > gaps) void this.renew().catch(() => undefined);
      }, OBSERVED_TURN_MS).unref(),
      setInterval(() => {
        void this.renew().catch(() => undefined);
      }, SCHEDULER_LIMITS.replicaRenewMs).unref(),
    ];
  }

  /** Gives the lease back: what was linked here may be linked anywhere. Idempotent, never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#renewal?.catch(() => undefined);
    await this.#dataSource.query('DELETE FROM replicas WHERE id = $1', [this.id]).catch(() => undefined);
  }

  /** The database's time, which all replicas share. */
  readonly now = (): Date => this.#observed.now();

  /** Calls the listener when this replica, after a gap, can hear and write again. Returns what ends that. */
  whenBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Has everything been heard that was said within this time? Asked before anything is stopped, failed or called lost because nothing
   * was heard of it. Rejects with the database's errors.
   */
  async hasObservedFor(ms: number): Promise<boolean> {
    // Its clock may have been set a moment ago.
    await this.renew(SCHEDULER_LIMITS.replicaFreshMs);
    return this.#observed.forMs() >= ms;
  }

  /** Renews the lease, unless that was done within `freshMs`; one renewal for all who ask meanwhile. Rejects with the database's errors. */
  async renew(freshMs = 0): Promise<void> {
    if (performance.now() - this.#renewedAtMs < freshMs) return;
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
    });
    await this.#renewal;
  }

  async #renew(): Promise<void> {
    if (this.#isClosed) return;
    const askedAtMs = performance.now();
    try {
      const [row] = await this.#dataSource.query<{ readonly now: Date }[]>(
        `INSERT INTO replicas (id, lease_until) VALUES ($1, now() + $2::float8 * interval '1 millisecond')
         ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until RETURNING clock_timestamp() AS now`,
        [this.id, SCHEDULER_LIMITS.replicaLeaseMs],
      );
      if (row !== undefined) this.#observed.read(row.now.getTime(), askedAtMs);
      this.#renewedAtMs = performance.now();
    } catch (error) {
      this.#observed.lose();
      throw error;
    }
    if (this.#observed.gaps === this.#gapsTold) return;
    this.#gapsTold = this.#observed.gaps;
    for (const listener of this.#listeners) listener();
  }
}
