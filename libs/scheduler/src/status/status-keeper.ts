import type { DataSource, EntityManager } from 'typeorm';

import type { NewFleetEvent } from '../events/fleet-event.js';
import { FleetEvents } from '../events/fleet-events.js';
import { WolfInstanceEntity } from '../tables/wolf-instance.entity.js';
import { deriveStatus, type DerivedStatus, type StatusTimes } from './derive-status.js';

/**
 * Makes the status of hosts follow from their facts. Facts are written through `change`, with `facts_version` raised: the status
 * and the rank that they come to are in the same transaction, so readers and placement never see one without the other.
 *
 * One host at a time, and its row before its capacity's, so that no two transactions wait for each other.
 */
export class StatusKeeper {
  readonly #dataSource: DataSource;
  readonly #times: StatusTimes;

  constructor(dataSource: DataSource, times: StatusTimes) {
    this.#dataSource = dataSource;
    this.#times = times;
  }

  /**
   * Writes facts of the host and, where `isNews` holds of the result, what follows from them; all or nothing. Rejects with the
   * database's errors.
   */
  async change<T>(
    id: string,
    write: (manager: EntityManager) => Promise<T>,
    isNews: (result: T) => boolean = () => true,
  ): Promise<T> {
    return await this.#dataSource.transaction(async (manager) => {
      const result = await write(manager);
      if (isNews(result)) await this.#settle(manager, id);
      return result;
    });
  }

  /** For facts that are written already, and for what time alone changes. An unknown host is passed over. */
  async settle(id: string): Promise<void> {
    await this.#dataSource.transaction((manager) => this.#settle(manager, id));
  }

  /** The row is locked before it is read: a heartbeat that comes while a sweep takes the host for silent is seen. */
  async #settle(manager: EntityManager, id: string): Promise<void> {
    const { entities, raw } = await manager
      .createQueryBuilder(WolfInstanceEntity, 'i')
      .addSelect('now()', 'now')
      .setLock('for_no_key_update')
      .where('i.id = :id', { id })
      .getRawAndEntities<{ readonly now: Date }>();
    const [instance] = entities;
    const now = raw[0]?.now;
    if (instance === undefined || now === undefined) return;
    const derived = deriveStatus(instance, now, this.#times, instance.conditions);
    if (isSettled(instance, derived)) return;
    await manager.update(
      WolfInstanceEntity,
      { id },
      {
        status: derived.status,
        conditions: derived.conditions,
        placementRank: derived.placementRank,
        settledVersion: instance.factsVersion,
        ...(derived.status !== instance.status && { statusChangedAt: () => 'now()' }),
      },
    );
    await FleetEvents.append(manager, transitions(instance, derived));
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
