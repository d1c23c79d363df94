import type { EntityManager } from 'typeorm';

import { changeCapacity, lockCapacity, type PlacementPolicy } from '../capacity/change-capacity.js';
import { PlacementEntity } from '../placement/placement.entity.js';
import { SchedulerError } from '../scheduler-error.js';
import { WolfInstanceEntity } from './wolf-instance.entity.js';

/**
 * Forgets the host, with the slots on it where `force` is set. Resolves with how many those were; undefined when it was not known.
 * Rejects with `INSTANCE_IN_USE` while sessions hold slots on it, and with `PLACEMENT_BUSY`.
 */
export async function removeInstance(
  manager: EntityManager,
  id: string,
  { force, policy }: { readonly force: boolean; readonly policy?: PlacementPolicy },
): Promise<number | undefined> {
  // Before any row, so that no placement is made there meanwhile, and those who wait for one do not wait for us.
  await lockCapacity(manager);
  // Out of rotation: freeing its slots must not give them to sessions that wait.
  const { affected } = await manager.update(WolfInstanceEntity, { id }, { placementRank: null });
  if (affected !== 1) return undefined;
  const count = await manager.countBy(PlacementEntity, { wolfInstanceId: id });
  if (count > 0 && !force) {
    const sessions = count === 1 ? '1 session' : `${String(count)} sessions`;
    throw new SchedulerError(
      'INSTANCE_IN_USE',
      `the Wolf instance ${id} carries ${sessions}: stop them first, drain it, or force its removal`,
    );
  }
  if (count > 0) await changeCapacity(manager, [{ do: 'clear', id }], policy);
  await manager.delete(WolfInstanceEntity, { id });
  return count;
}
