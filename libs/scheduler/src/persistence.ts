import { HostCapacityEntity } from './tables/host-capacity.entity.js';
import { WolfInstanceEntity } from './tables/wolf-instance.entity.js';
import { CreateScheduler1764000100000 } from './migrations/1764000100000-create-scheduler.js';
import { Fleet1764004000000 } from './migrations/1764004000000-fleet.js';
import { CapacityFunctions1764004000001 } from './migrations/1764004000001-capacity-functions.js';
import { Replicas1764005000000 } from './migrations/1764005000000-replicas.js';
import { LinkPresence1764005000001 } from './migrations/1764005000001-link-presence.js';
import { OtherMachines1764005000002 } from './migrations/1764005000002-other-machines.js';
import { CapacityFunctionsVersion1764006000000 } from './migrations/1764006000000-capacity-functions-version.js';
import { PlacementEntity } from './tables/placement.entity.js';

/** For the data source: the tables of this package. Those of the queue, the events and the histories are read by SQL alone. */
export const SCHEDULER_ENTITIES = [WolfInstanceEntity, HostCapacityEntity, PlacementEntity] as const;
export const SCHEDULER_MIGRATIONS = [
  CreateScheduler1764000100000,
  Fleet1764004000000,
  CapacityFunctions1764004000001,
  Replicas1764005000000,
  LinkPresence1764005000001,
  OtherMachines1764005000002,
  CapacityFunctionsVersion1764006000000,
] as const;
