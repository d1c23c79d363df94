export type ConditionType =
  | 'LinkDown'
  | 'Silent'
  | 'LinkAway'
  | 'NotAnswering'
  | 'TwoMachines'
  | 'HeartbeatLate'
  | 'CanaryFailing'
  | 'WolfCritical'
  | 'WolfStuck'
  | 'DiskCritical'
  | 'DiskWarning'
  | 'GpuMonitoringLost'
  | 'Cordoned'
  | 'Draining';

/** Something that holds of a host and that its operator should know. */
export interface Condition {
  readonly type: ConditionType;
  /** `offline` and `blocks`: no new sessions; `last-choice`: only when no other host fits; `note`: nothing. */
  readonly effect: 'offline' | 'blocks' | 'last-choice' | 'note';
  /** Without times that move: it is written when the condition begins. */
  readonly message: string;
  /** ISO 8601. */
  readonly since: string;
}
