export const DISK_ALERT_LEVELS = ['ok', 'warning', 'critical'] as const;

export type DiskAlertLevel = (typeof DISK_ALERT_LEVELS)[number];

/** One mount of a host, kept in the words of the wire (helix-rest §4.1): it is handed on, and only its level is read here. */
export interface DiskUsage {
  readonly mount_point: string;
  readonly total_bytes: number;
  readonly used_bytes: number;
  readonly avail_bytes: number;
  readonly used_percent: number;
  readonly alert_level: DiskAlertLevel;
}
