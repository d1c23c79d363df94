import { isDeepStrictEqual } from 'node:util';
import type { DataSource, EntityManager } from 'typeorm';

import { FleetEvents } from '../events/fleet-events.js';
import { isInstanceId } from '../reports/instance-fields.js';
import { removeInstance } from '../instances/remove-instance.js';
import { WolfInstanceEntity } from '../tables/wolf-instance.entity.js';
import { WolfInstanceRegistry, type RegistryOptions } from '../instances/wolf-instance-registry.js';
import type { WolfInstance } from '../tables/wolf-instance.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { statusTimes } from '../status/derive-status.js';
import { StatusKeeper } from '../status/status-keeper.js';
import { cordonChange, drainChange, editChange, uncordonChange, type OperatorFacts } from './host-changes.js';
import type { HostEdit } from './host-edit.js';
import { checkDrain, checkEdit, checkReason } from './operation-rules.js';
import { operatorEvent, removalEvent, type OperatorVerb } from './operator-event.js';
import type { Operator } from './operator.js';

/**
 * What operators do to hosts. Each is one transaction: what it changes of the host, and the event that tells who did it, when,
 * from where, and what was before. Doing it again changes nothing and tells nothing. Every method rejects with the database's
 * errors when that is away, and with `INVALID_INSTANCE` for what cannot be, with every fault at once; then nothing is changed.
 * They resolve with the host as it is afterwards; undefined when it is not known.
 */
export class HostOperations {
  readonly #dataSource: DataSource;
  readonly #registry: WolfInstanceRegistry;
  readonly #status: StatusKeeper;
  readonly #maxSandboxesDefault: number;

  constructor(dataSource: DataSource, options: RegistryOptions = {}) {
    this.#dataSource = dataSource;
    this.#registry = new WolfInstanceRegistry(dataSource, options);
    this.#status = new StatusKeeper(dataSource, statusTimes(options));
    this.#maxSandboxesDefault = options.maxSandboxesDefault ?? SCHEDULER_LIMITS.maxSandboxesDefault;
  }

  /** No more sessions are placed there; what runs there goes on. Another reason than before is a change. */
  async cordon(id: string, by: Operator, reason?: string): Promise<WolfInstance | undefined> {
    checkReason(reason);
    return this.#change(id, 'cordon', by, (host, now) => cordonChange(host, now, by.actor, reason));
  }

  /** Sessions are placed there again as far as nothing else speaks against it. Ends a drain too. */
  async uncordon(id: string, by: Operator): Promise<WolfInstance | undefined> {
    return this.#change(id, 'uncordon', by, uncordonChange);
  }

  /**
   * No more sessions are placed there, and it is to be emptied: after `deadlineMs`, if that is given, those that are left are
   * stopped. A reason or deadline that is not given stays as it was; one that is another is a change.
   */
  async drain(
    id: string,
    by: Operator,
    options: { readonly reason?: string; readonly deadlineMs?: number } = {},
  ): Promise<WolfInstance | undefined> {
    checkDrain(options);
    return this.#change(id, 'drain', by, (host, now) => drainChange(host, now, by.actor, options));
  }

  /** A limit lower than what runs there stops nothing; it counts for sessions to come. */
  async edit(id: string, by: Operator, edit: HostEdit): Promise<WolfInstance | undefined> {
    checkEdit(edit);
    return this.#change(id, 'edit', by, (host) => editChange(host, edit, this.#maxSandboxesDefault));
  }

  /**
   * Forgets the host. False when it is not known. Rejects with `INSTANCE_IN_USE` while sessions hold slots on it (`force` frees
   * those with it) and with `PLACEMENT_BUSY`. A host whose link still stands comes back with its next link.
   */
  async remove(id: string, by: Operator, { force = false }: { readonly force?: boolean } = {}): Promise<boolean> {
    if (!isInstanceId(id)) return false;
    return await this.#dataSource.transaction(async (manager) => {
      const sessionCount = await removeInstance(manager, id, { force });
      if (sessionCount === undefined) return false;
      await FleetEvents.append(manager, [removalEvent(id, by, { force, sessionCount })]);
      return true;
    });
  }

  async #change(
    id: string,
    verb: OperatorVerb,
    by: Operator,
    changeOf: (host: WolfInstanceEntity, now: Date) => Partial<OperatorFacts>,
  ): Promise<WolfInstance | undefined> {
    if (!isInstanceId(id)) return undefined;
    // The status is settled also when nothing was changed: an earlier process may have come no further.
    await this.#status.change(id, async (manager) => {
      const found = await lockHost(manager, id);
      if (found === undefined) return;
      const { host, now } = found;
      const { before, after } = whatDiffers(host, changeOf(host, now));
      if (Object.keys(after).length === 0) return;
      await manager.update(
        WolfInstanceEntity,
        { id },
        { ...after, factsVersion: () => 'facts_version + 1', updatedAt: () => 'now()' },
      );
      await FleetEvents.append(manager, [
        operatorEvent(id, verb, by, { before, after, host: Object.assign({}, host, after) }),
      ]);
    });
    return this.#registry.find(id);
  }
}

/** Not against those who only name the host, as a placement does: one of them may hold the row that this transaction needs next. */
async function lockHost(
  manager: EntityManager,
  id: string,
): Promise<{ readonly host: WolfInstanceEntity; readonly now: Date } | undefined> {
  const { entities, raw } = await manager
    .createQueryBuilder(WolfInstanceEntity, 'i')
    .addSelect('now()', 'now')
    .setLock('for_no_key_update')
    .where('i.id = :id', { id })
    .getRawAndEntities<{ readonly now: Date }>();
  const [host] = entities;
  const now = raw[0]?.now;
  return host === undefined || now === undefined ? undefined : { host, now };
}

function whatDiffers(
  host: WolfInstanceEntity,
  change: Partial<OperatorFacts>,
): { readonly before: Partial<OperatorFacts>; readonly after: Partial<OperatorFacts> } {
  const before: Record<string, unknown> = {};
  const after: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(change)) {
    const was: unknown = host[name as keyof OperatorFacts];
    if (isDeepStrictEqual(was, value)) continue;
    before[name] = was;
    after[name] = value;
  }
  return { before, after };
}
