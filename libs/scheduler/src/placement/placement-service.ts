import type { DataSource, EntityManager } from 'typeorm';

import { statusSql } from '../instances/wolf-instance.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { PlacementEntity } from './placement.entity.js';
import { withPlacementLock } from './placement-lock.js';
import { PlacementQueue } from './placement-queue.js';
import type { Placement, PlacementRequest, Refusal } from './placement.js';
import { explainRefusal } from './refusal.js';

export interface PlacementOptions {
  /** A host not heard of for this long gets no sessions. */
  readonly silenceMs?: number;
}

/**
 * Gives sessions their hosts. A host's load is the number of its rows here and nothing else, so it can not drift from
 * them. Every method rejects with the database's errors when that is away.
 */
export class PlacementService {
  readonly #dataSource: DataSource;
  readonly #silenceMs: number;
  readonly #queue = new PlacementQueue();

  constructor(dataSource: DataSource, options: PlacementOptions = {}) {
    this.#dataSource = dataSource;
    this.#silenceMs = options.silenceMs ?? SCHEDULER_LIMITS.silenceMs;
  }

  /**
   * Chooses a host and reserves a slot on it in one transaction: online, of the GPU asked for, with room; healthy before
   * degraded, then the least loaded by share of its slots, by count, by id. Never over a host's slots, however many calls
   * and replicas place at once.
   *
   * A session that holds a slot already gets that one, whatever has become of its host.
   * Rejects with `PLACEMENT_BUSY` when its turn does not come in time; then nothing is reserved.
   */
  async place(request: PlacementRequest): Promise<Placement | Refusal> {
    const { sessionId } = request;
    const gpuVendor = request.gpuVendor?.toLowerCase() ?? '';
    const placed = await this.#queue.run(() =>
      withPlacementLock(this.#dataSource, async (manager) => {
        await this.#insert(manager, sessionId, gpuVendor, request.preferredInstanceId);
        return manager.findOneBy(PlacementEntity, { sessionId });
      }),
    );
    return placed ?? explainRefusal(this.#dataSource, this.#silenceMs, gpuVendor);
  }

  /** The session's lobby stands. False when it holds no slot. Idempotent. */
  async confirm(sessionId: string): Promise<boolean> {
    const { affected } = await this.#dataSource
      .createQueryBuilder()
      .update(PlacementEntity)
      .set({ state: 'confirmed', confirmedAt: () => 'coalesce(confirmed_at, now())' })
      .where({ sessionId })
      .execute();
    return affected === 1;
  }

  /** The slot is free again. False when the session held none: releasing twice releases once. */
  async release(sessionId: string): Promise<boolean> {
    const { affected } = await this.#dataSource.manager.delete(PlacementEntity, { sessionId });
    return affected === 1;
  }

  async find(sessionId: string): Promise<Placement | undefined> {
    return (await this.#dataSource.manager.findOneBy(PlacementEntity, { sessionId })) ?? undefined;
  }

  /** Oldest first; what is compared with the lobbies that the host really runs. */
  async listByInstance(wolfInstanceId: string): Promise<readonly Placement[]> {
    return this.#dataSource.manager.find(PlacementEntity, {
      where: { wolfInstanceId },
      order: { reservedAt: 'ASC', sessionId: 'ASC' },
      take: SCHEDULER_LIMITS.listedPlacements,
    });
  }

  /** Inserts nothing when the session has a slot, or when no host is suitable. */
  async #insert(
    manager: EntityManager,
    sessionId: string,
    gpuVendor: string,
    preferredInstanceId: string | undefined,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO placements (session_id, wolf_instance_id, state)
       SELECT $1, i.id, 'reserved'
       FROM (SELECT i.id, i.gpu_vendor, i.max_sandboxes, ${statusSql('$4::float8')} AS status FROM wolf_instances i) i
       LEFT JOIN (SELECT wolf_instance_id, count(*) AS used FROM placements GROUP BY wolf_instance_id) p
         ON p.wolf_instance_id = i.id
       WHERE i.status <> 'offline'
         AND ($2::text = '' OR i.gpu_vendor = $2)
         AND coalesce(p.used, 0) < i.max_sandboxes
       ORDER BY i.id IS NOT DISTINCT FROM $3::text DESC,
         i.status = 'degraded',
         coalesce(p.used, 0)::float8 / i.max_sandboxes,
         coalesce(p.used, 0),
         i.id
       LIMIT 1
       ON CONFLICT (session_id) DO NOTHING`,
      [sessionId, gpuVendor, preferredInstanceId ?? null, this.#silenceMs],
    );
  }
}
