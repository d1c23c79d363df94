import type { DataSource, EntityManager } from 'typeorm';

import type { NewFleetEvent } from '../events/fleet-event.js';
import { FleetEvents } from '../events/fleet-events.js';
import { WolfInstanceEntity } from '../instances/wolf-instance.entity.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { deriveStatus, type DerivedStatus, type StatusTimes } from './derive-status.js';

/**
 * Makes the status of hosts follow from their facts. Whoever changes a fact raises `facts_version` with it and settles the host
 * afterwards. What was derived is written only while the facts are those it was derived from, times included: a heartbeat that comes while
 * a sweep finds the host silent wins, because the sweep's write finds other facts.
 *
 * One host at a time, and its row before its capacity's: nobody waits here for one who waits for him.
 */
export class StatusKeeper {
  readonly #dataSource: DataSource;
  readonly #times: StatusTimes;

  constructor(dataSource: DataSource, times: StatusTimes) {
    this.#dataSource = dataSource;
    this.#times = times;
  }

  /** A host that is not known is passed over. Rejects with the database's errors; a sweep settles the host later. */
  async settle(id: string): Promise<void> {
    for (let attempt = 0; attempt < SCHEDULER_LIMITS.settleAttempts; attempt += 1) {
      if (await this.#settleOnce(id)) return;
    }
  }

  /** False when the facts or the status changed meanwhile. */
  async #settleOnce(id: string): Promise<boolean> {
    const { entities, raw } = await this.#dataSource
      .createQueryBuilder(WolfInstanceEntity, 'i')
      .addSelect('now()', 'now')
      .where('i.id = :id', { id })
      .getRawAndEntities<{ readonly now: Date }>();
    const [instance] = entities;
    const now = raw[0]?.now;
    if (instance === undefined || now === undefined) return true;
    const derived = deriveStatus(instance, now, this.#times, instance.conditions);
    if (isSettled(instance, derived)) return true;
    return await this.#dataSource.transaction(async (manager) => {
      if (!(await write(manager, instance, derived))) return false;
      await FleetEvents.append(manager, transitions(instance, derived));
      return true;
    });
  }
}

function isSettled(instance: WolfInstanceEntity, derived: DerivedStatus): boolean {
  return (
    instance.settledVersion === instance.factsVersion &&
    instance.status === derived.status &&
    instance.placementRank === derived.placementRank &&
    JSON.stringify(keysOf(instance.conditions)) === JSON.stringify(keysOf(derived.conditions))
  );
}

/** The text of a condition may change with its numbers; it is written with the next transition and is none. */
function keysOf(conditions: DerivedStatus['conditions']): readonly string[] {
  return conditions.map(({ type, effect }) => `${type} ${effect}`);
}

async function write(manager: EntityManager, instance: WolfInstanceEntity, derived: DerivedStatus): Promise<boolean> {
  const { affected } = await manager
    .createQueryBuilder()
    .update(WolfInstanceEntity)
    .set({
      status: derived.status,
      conditions: derived.conditions,
      placementRank: derived.placementRank,
      settledVersion: instance.factsVersion,
      ...(derived.status !== instance.status && { statusChangedAt: () => 'now()' }),
    })
    // A date of ours has milliseconds, PostgreSQL's microseconds.
    .where(
      `id = :id AND facts_version = :version AND date_trunc('milliseconds', last_seen_at) = :seenAt
       AND date_trunc('milliseconds', last_heartbeat_at) IS NOT DISTINCT FROM :beatAt
       AND settled_version = :settled AND status = :status AND conditions = :conditions::jsonb`,
      {
        id: instance.id,
        version: instance.factsVersion,
        seenAt: instance.lastSeenAt,
        beatAt: instance.lastHeartbeatAt,
        // And while nobody else has written the same transition, which would be told twice.
        settled: instance.settledVersion,
        status: instance.status,
        conditions: JSON.stringify(instance.conditions),
      },
    )
    .execute();
  return affected === 1;
}

function transitions(instance: WolfInstanceEntity, derived: DerivedStatus): readonly NewFleetEvent[] {
  const wolfInstanceId = instance.id;
  const was = new Map(instance.conditions.map((condition) => [condition.type, condition]));
  const is = new Map(derived.conditions.map((condition) => [condition.type, condition]));
  const begun = derived.conditions.filter(({ type }) => !was.has(type));
  const ended = instance.conditions.filter(({ type }) => !is.has(type));
  return [
    ...begun.map((condition): NewFleetEvent => ({
      wolfInstanceId,
      kind: 'condition',
      message: condition.message,
      details: { type: condition.type, effect: condition.effect, has: 'begun' },
    })),
    ...ended.map((condition): NewFleetEvent => ({
      wolfInstanceId,
      kind: 'condition',
      message: `over: ${condition.message}`,
      details: { type: condition.type, effect: condition.effect, has: 'ended' },
    })),
    ...(derived.status === instance.status
      ? []
      : [
          {
            wolfInstanceId,
            kind: 'status' as const,
            message: reasonOf(derived),
            details: { from: instance.status, to: derived.status },
          },
        ]),
  ];
}

function reasonOf({ conditions, status }: DerivedStatus): string {
  const reasons = conditions.filter(({ effect }) => effect !== 'note').map(({ message }) => message);
  return reasons.length === 0 ? 'nothing speaks against it' : `${status}: ${reasons.join('; ')}`;
}
