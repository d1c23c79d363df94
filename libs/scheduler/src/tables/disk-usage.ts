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

/** The disks of that level, for people. */
export function describeFullDisks(disks: readonly DiskUsage[], level: DiskAlertLevel): string {
  const full = disks.filter((disk) => disk.alert_level === level);
  const words = full.map((disk) => `${disk.mount_point} is ${String(Math.round(disk.used_percent))} % full`);
  return words.join(', ') || 'a disk is nearly full';
}
