export type FleetEventKind =
  /** A host's status has changed. */
  | 'status'
  /** A condition of a host has begun or ended. */
  | 'condition'
  /** A disk of a host has become fuller than a threshold. */
  | 'disk-alert'
  /** An operator has done something; `actor` and `remoteAddress` say who. */
  | 'operator'
  /** Counters and what they count had parted and were made to agree. */
  | 'capacity-drift';

export interface NewFleetEvent {
  readonly wolfInstanceId: string;
  readonly kind: FleetEventKind;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly actor?: string;
  readonly remoteAddress?: string;
}

export interface FleetEvent extends NewFleetEvent {
  readonly id: string;
  readonly at: Date;
  readonly details: Readonly<Record<string, unknown>>;
}
