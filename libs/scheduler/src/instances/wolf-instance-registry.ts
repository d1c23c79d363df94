import type { DataSource } from 'typeorm';

import { HostCapacityEntity } from '../tables/host-capacity.entity.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import { parseHeartbeat } from '../reports/heartbeat.js';
import { checkRegistration, derivedInstanceId, isInstanceId } from '../reports/instance-fields.js';
import { removeInstance } from './remove-instance.js';
import type { Registration, WolfInstance } from '../tables/wolf-instance.js';
import { deriveStatus, type StatusTimes, statusTimes } from '../status/derive-status.js';
import { StatusKeeper } from '../status/status-keeper.js';
import { WolfInstanceEntity } from '../tables/wolf-instance.entity.js';
import { writeHeartbeat } from './write-heartbeat.js';

export interface RegistryOptions extends Partial<StatusTimes> {
  /** Slots of a host that has not said how many it has. */
  readonly maxSandboxesDefault?: number;
}

/** How a link that is held is at this moment. */
export interface LinkPresence {
  /** How long ago it came. */
  readonly ageMs?: number;
  /** It has no connection, and may come back. */
  readonly isAway?: boolean;
  /** The Wolf behind it answered when it was asked last; false also for one that was not asked yet. */
  readonly isAnswering?: boolean;
}

/**
 * The GPU hosts. A host becomes known by its link or by registering, and is upserted by id, so neither a reconnect nor a
 * second registration makes another one or touches its load. Every method rejects with the database's errors when that
 * is away.
 */
export class WolfInstanceRegistry {
  readonly #dataSource: DataSource;
  readonly #maxSandboxesDefault: number;
  readonly #times: StatusTimes;
  readonly #status: StatusKeeper;

  constructor(dataSource: DataSource, options: RegistryOptions = {}) {
    this.#dataSource = dataSource;
    this.#maxSandboxesDefault = options.maxSandboxesDefault ?? SCHEDULER_LIMITS.maxSandboxesDefault;
    this.#times = statusTimes(options);
    this.#status = new StatusKeeper(dataSource, this.#times);
  }

  /** Makes the host known, or renews what is known of it; it counts as heard of. Throws `INVALID_INSTANCE`. */
  async register(registration: Registration): Promise<WolfInstance> {
    checkRegistration(registration);
    const { name, address, maxSandboxes, gpuVendor, gpuType, renderNode, swayVersion } = registration;
    const id = registration.id ?? derivedInstanceId(name, address);
    const sql = `INSERT INTO wolf_instances AS i (id, name, address, max_sandboxes, host_max_sandboxes, gpu_vendor, gpu_type, render_node, sway_version)
       VALUES ($1, $2, $3, coalesce($4::int, $8::int), $4::int, coalesce($5, ''), coalesce($6, ''), coalesce($7, ''), coalesce($9, ''))
       ON CONFLICT (id) DO UPDATE SET
         name = excluded.name,
         address = excluded.address,
         auto_registered = false,
         host_max_sandboxes = coalesce($4::int, i.host_max_sandboxes),
         max_sandboxes = coalesce(i.operator_max_sandboxes, $4::int, i.host_max_sandboxes, $8::int),
         gpu_vendor = coalesce($5, i.gpu_vendor),
         gpu_type = coalesce($6, i.gpu_type),
         render_node = coalesce($7, i.render_node),
         sway_version = coalesce($9, i.sway_version),
         last_seen_at = now(),
         facts_version = i.facts_version + 1,
         updated_at = now()`;
    const values = [
      id,
      name,
      address,
      maxSandboxes ?? null,
      gpuVendor?.toLowerCase() ?? null,
      gpuType ?? null,
      renderNode ?? null,
      this.#maxSandboxesDefault,
      swayVersion ?? null,
    ];
    await this.#status.change(id, (manager) => manager.query<unknown>(sql, values));
    return this.#get(id);
  }

  /**
   * The host has a link, and this is how it is; an unknown host becomes `Wolf <id>`. Told again, it says what has changed. What
   * the host carries is left as it is: desktops survive a lost link. `linkId` names the link and its replica
   * (`ReplicaPresence.linkIdOf`), for `markLinkLost`. One that was told of too late, when a newer one stands at another replica,
   * changes nothing. Throws `INVALID_INSTANCE` for an id that cannot be one.
   */
  async markLinkConnected(
    id: string,
    address: string,
    linkId?: string,
    presence: LinkPresence = {},
  ): Promise<WolfInstance> {
    const { ageMs = 0, isAway = false, isAnswering = true } = presence;
    checkRegistration({ id, name: `Wolf ${id}`, address });
    const sql = `INSERT INTO wolf_instances AS i
         (id, name, address, auto_registered, max_sandboxes, link_connected, link_id, link_changed_at, link_away_at, link_answering)
       VALUES ($1, $2, $3, true, $4, true, $5, now() - $6::float8 * interval '1 millisecond', CASE WHEN $7 THEN now() END, $8)
       ON CONFLICT (id) DO UPDATE SET
         address = CASE WHEN i.auto_registered THEN excluded.address ELSE i.address END,
         max_sandboxes = coalesce(i.operator_max_sandboxes, i.host_max_sandboxes, excluded.max_sandboxes),
         link_connected = true,
         link_id = excluded.link_id,
         link_changed_at = excluded.link_changed_at,
         link_away_at = CASE WHEN $7 THEN coalesce(i.link_away_at, now()) END,
         link_answering = excluded.link_answering,
         last_seen_at = CASE WHEN $7 THEN i.last_seen_at ELSE now() END,
         facts_version = i.facts_version + 1,
         updated_at = now()
       WHERE i.link_changed_at IS NULL OR i.link_changed_at <= excluded.link_changed_at
         OR i.link_id IS NULL OR split_part(i.link_id, '/', 1) = split_part(excluded.link_id, '/', 1)`;
    const values = [id, `Wolf ${id}`, address, this.#maxSandboxesDefault, linkId ?? null, ageMs, isAway, isAnswering];
    await this.#status.change(id, (manager) => manager.query<unknown>(sql, values));
    return this.#get(id);
  }

  /**
   * The host's link is gone: it gets no more sessions. False when nothing changed: an unknown host, or, with `linkId`, one
   * whose newer link (perhaps on another replica) has taken over.
   */
  async markLinkLost(id: string, linkId?: string): Promise<boolean> {
    const { affected } = await this.#status.change(
      id,
      (manager) =>
        manager
          .createQueryBuilder()
          .update(WolfInstanceEntity)
          .set({
            linkConnected: false,
            linkChangedAt: () => 'now()',
            factsVersion: () => 'facts_version + 1',
            updatedAt: () => 'now()',
          })
          .where('id = :id AND link_connected', { id })
          .andWhere(linkId === undefined ? 'true' : 'link_id = :linkId', { linkId })
          .execute(),
      (result) => result.affected === 1,
    );
    return affected === 1;
  }

  /**
   * Hosts whose link was at a replica that is gone, and that no other has: their links are lost. Call it when they have had the time
   * to come back. Returns how many there were.
   */
  async markOrphansLost(): Promise<number> {
    const [orphans] = await this.#dataSource.query<[{ readonly id: string }[], number]>(
      `UPDATE wolf_instances i SET link_connected = false, link_changed_at = now(), facts_version = facts_version + 1, updated_at = now()
       WHERE i.id IN (SELECT o.id FROM wolf_instances o WHERE o.link_connected AND o.link_id LIKE '%/%'
         AND NOT EXISTS (SELECT FROM replicas r WHERE r.id = split_part(o.link_id, '/', 1) AND r.lease_until > now())
         ORDER BY o.id FOR UPDATE SKIP LOCKED)
       RETURNING i.id`,
    );
    // Afterwards, one host at a time: placement takes no host without a link, whatever its rank.
    for (const { id } of orphans) await this.#status.settle(id);
    return orphans.length;
  }

  /**
   * The links of these hosts stand at this moment, at any replica: they count as heard of, and a loss that was
   * reported out of order is corrected. Unknown ids are passed over. Call it well within `silenceMs`.
   */
  async touch(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += SCHEDULER_LIMITS.touchedInstances) {
      // What changes nothing but the time is no new fact.
      const [unsettled] = await this.#dataSource.query<
        [{ readonly id: string; readonly isUnsettled: boolean }[], number]
      >(
        `UPDATE wolf_instances SET last_seen_at = now(), link_connected = true,
           facts_version = facts_version + (NOT link_connected)::int
         WHERE id = ANY ($1)
         RETURNING id, settled_version <> facts_version OR conditions @> '[{"type":"Silent"}]' AS "isUnsettled"`,
        [ids.slice(from, from + SCHEDULER_LIMITS.touchedInstances)],
      );
      for (const { id, isUnsettled } of unsettled) if (isUnsettled) await this.#status.settle(id);
    }
  }

  /**
   * A heartbeat of either dialect, as received; false when the host is not known. Rejects with `INVALID_HEARTBEAT`, and then
   * nothing has changed: see `parseHeartbeat`.
   */
  async heartbeat(id: string, body: unknown): Promise<boolean> {
    const heartbeat = parseHeartbeat(body);
    if (!isInstanceId(id)) return false;
    const written = await this.#status.change(
      id,
      (manager) => writeHeartbeat(manager, id, heartbeat),
      (result) => result?.isUnsettled === true,
    );
    return written !== undefined;
  }

  /** Newest first, at most `SCHEDULER_LIMITS.listedInstances`. */
  async list(): Promise<readonly WolfInstance[]> {
    return this.#select(undefined);
  }

  async find(id: string): Promise<WolfInstance | undefined> {
    return isInstanceId(id) ? (await this.#select([id]))[0] : undefined;
  }

  /** Those of them that are known, newest first; asks nothing for none, else once. */
  async listByIds(ids: readonly string[]): Promise<readonly WolfInstance[]> {
    return ids.length === 0 ? [] : this.#select(ids);
  }

  /**
   * Forgets the host. False when it was not known. Rejects with `INSTANCE_IN_USE` while sessions hold slots on it (`force` frees those
   * with it) and with `PLACEMENT_BUSY`. A host whose link still stands comes back with its next link.
   */
  async remove(id: string, options: { readonly force?: boolean } = {}): Promise<boolean> {
    const { force = false } = options;
    return await this.#dataSource.transaction(
      async (manager) => (await removeInstance(manager, id, { force })) !== undefined,
    );
  }

  async #get(id: string): Promise<WolfInstance> {
    const instance = await this.find(id);
    if (instance === undefined) {
      throw new SchedulerError('INVALID_INSTANCE', `the Wolf instance ${id} was removed while it was registered`);
    }
    return instance;
  }

  async #select(ids: readonly string[] | undefined): Promise<readonly WolfInstance[]> {
    const query = this.#dataSource
      .createQueryBuilder(WolfInstanceEntity, 'i')
      .innerJoinAndMapOne('i.capacity', HostCapacityEntity, 'c', 'c.wolfInstanceId = i.id')
      .orderBy('i.createdAt', 'DESC')
      .addOrderBy('i.id', 'ASC')
      .limit(SCHEDULER_LIMITS.listedInstances);
    if (ids !== undefined) query.where('i.id = ANY(:ids)', { ids });
    const { entities, raw } = await query.addSelect('now()', 'now').getRawAndEntities<{ readonly now: Date }>();
    const now = raw[0]?.now ?? new Date();
    return entities.map((instance) => {
      const { capacity } = instance as WolfInstance;
      // The row's own status is as old as its last transition: a host that has fallen silent since must not look alive.
      const derived = deriveStatus(instance, now, this.#times, instance.conditions);
      return Object.assign(instance, derived, {
        capacity,
        connectedSandboxCount: capacity.reserved + capacity.confirmed,
        ...(derived.status !== instance.status && { statusChangedAt: now }),
      });
    });
  }
}
