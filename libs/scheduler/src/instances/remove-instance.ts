import type { EntityManager } from 'typeorm';

import { lockCapacity } from '../capacity/change-capacity.js';
import { PlacementEntity } from '../tables/placement.entity.js';
import { SchedulerError } from '../scheduler-error.js';
import { WolfInstanceEntity } from '../tables/wolf-instance.entity.js';

/**
 * Forgets the host, with the slots on it where `force` is set. Resolves with how many those were; undefined when it was not known.
 * Rejects with `INSTANCE_IN_USE` while sessions hold slots on it, and with `PLACEMENT_BUSY`.
 */
export async function removeInstance(
  manager: EntityManager,
  id: string,
  { force }: { readonly force: boolean },
): Promise<number | undefined> {
  // No placement is made there meanwhile. Its counters go with it, so they need not be right, nor be counted down.
  await lockCapacity(manager);
  const count = await manager.countBy(PlacementEntity, { wolfInstanceId: id });
  if (count > 0 && !force) {
    const sessions = count === 1 ? '1 session' : `${String(count)} sessions`;
    throw new SchedulerError(
      'INSTANCE_IN_USE',
      `the Wolf instance ${id} carries ${sessions}: stop them first, drain it, or force its removal`,
    );
  }
  if (count > 0) await manager.delete(PlacementEntity, { wolfInstanceId: id });
  const { affected } = await manager.delete(WolfInstanceEntity, { id });
  return affected === 1 ? count : undefined;
}
