export interface CapacityCounts {
  readonly reserved: number;
  readonly confirmed: number;
  readonly foreign: number;
}

/** What a host's counters said, and what there really is. */
export interface CapacityDrift {
  readonly was: CapacityCounts;
  readonly is: CapacityCounts;
}
