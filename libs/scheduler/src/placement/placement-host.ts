import type { HostCapacityEntity } from '../capacity/host-capacity.entity.js';
import type { WolfInstanceEntity } from '../instances/wolf-instance.entity.js';

/** What placement looks at of one host. */
export type PlacementHost = Pick<WolfInstanceEntity, 'conditions' | 'linkConnected' | 'lastSeenAt'> &
  Pick<
    HostCapacityEntity,
    | 'rank'
    | 'gpuVendor'
    | 'labels'
    | 'images'
    | 'maxSandboxes'
    | 'reserved'
    | 'confirmed'
    | 'foreignLobbies'
    | 'unseen'
    | 'encoderSessions'
    | 'encoderSessionsMax'
    | 'videoMemoryUsedMb'
    | 'videoMemoryTotalMb'
    | 'videoMemoryPerSessionMb'
    | 'placedSeq'
  > & { readonly id: string };
