/** One GPU of a host, as far as the host tells. */
export interface Gpu {
  readonly name: string;
  readonly memoryMb?: number;
  /** How many streams it encodes at once; absent: not known. */
  readonly encoderSessions?: number;
}
