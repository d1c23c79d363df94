import { WolfInstanceEntity } from './instances/wolf-instance.entity.js';
import { CreateScheduler1764000100000 } from './migrations/1764000100000-create-scheduler.js';
import { PlacementEntity } from './placement/placement.entity.js';

/** For the data source: the tables of this package. */
export const SCHEDULER_ENTITIES = [WolfInstanceEntity, PlacementEntity] as const;
export const SCHEDULER_MIGRATIONS = [CreateScheduler1764000100000] as const;
