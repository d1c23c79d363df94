/** What a host's GPU carries, as its Wolf measured it; what is absent is not known. */
export interface CapacityMeasurement {
  readonly encoderSessions?: number | undefined;
  readonly videoMemoryUsedMb?: number | undefined;
  readonly videoMemoryTotalMb?: number | undefined;
  /** Before it was asked for: what began to run later is not in it. */
  readonly sampledAt: Date;
}
