import type { HostCapacityEntity } from './host-capacity.entity.js';
import type { WolfInstanceEntity } from './wolf-instance.entity.js';

/** A host as the rest of the product sees it. */
export interface WolfInstance extends Readonly<WolfInstanceEntity> {
  readonly capacity: Readonly<HostCapacityEntity>;
  /** Sessions that hold a slot now, confirmed or not. */
  readonly connectedSandboxCount: number;
}

/** What a host, or the operator who sets it up, says of it. What is absent stays as it was. */
export interface Registration {
  /** Absent: derived from name and address, so that the same two always mean the same host. */
  readonly id?: string;
  readonly name: string;
  readonly address: string;
  readonly maxSandboxes?: number;
  readonly gpuVendor?: string;
  readonly gpuType?: string;
  readonly renderNode?: string;
  readonly swayVersion?: string;
}
