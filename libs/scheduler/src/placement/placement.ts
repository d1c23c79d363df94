/** `reserved`: a slot is held while the session's lobby is made; `confirmed`: the lobby stands. Both count. */
export type PlacementState = 'reserved' | 'confirmed';

export interface Placement {
  readonly sessionId: string;
  readonly wolfInstanceId: string;
  readonly state: PlacementState;
  readonly reservedAt: Date;
  readonly confirmedAt: Date | null;
}

export interface PlacementRequest {
  readonly sessionId: string;
  /** Absent or empty: any host, also one whose GPU is not known. Else only hosts that named this vendor. */
  readonly gpuVendor?: string;
  /** Taken when it is suitable, for a session whose files lie there; otherwise as if it were not given. */
  readonly preferredInstanceId?: string;
}

/** In the order in which they are looked for: the first that no host passes is the reason. */
export type RefusalReason = 'none-registered' | 'all-offline' | 'no-matching-gpu' | 'all-full';

export interface PassedOverHost {
  readonly id: string;
  readonly why: 'offline' | 'gpu-mismatch' | 'full';
  readonly used: number;
  readonly max: number;
}

/** There is no place now. An expected outcome, not an error; nothing is reserved. */
export interface Refusal {
  readonly refused: true;
  readonly reason: RefusalReason;
  /** At most `SCHEDULER_LIMITS.refusedHosts` of them. For operators; users are told the message. */
  readonly hosts: readonly PassedOverHost[];
  /** Names no host. */
  readonly message: string;
}
