import type { DiskAlertLevel, DiskUsage } from './disk-usage.js';

/** The disks of that level, for people. */
export function describeFullDisks(disks: readonly DiskUsage[], level: DiskAlertLevel): string {
  const full = disks.filter((disk) => disk.alert_level === level);
  const words = full.map((disk) => `${disk.mount_point} is ${String(Math.round(disk.used_percent))} % full`);
  return words.join(', ') || 'a disk is nearly full';
}
