import { DISK_ALERT_LEVELS, type DiskAlertLevel, type DiskUsage } from './disk-usage.js';

/** A host is as badly off as its fullest disk. */
export function worstLevel(disks: readonly DiskUsage[]): DiskAlertLevel {
  return disks.reduce<DiskAlertLevel>(
    (worst, { alert_level: level }) =>
      DISK_ALERT_LEVELS.indexOf(level) > DISK_ALERT_LEVELS.indexOf(worst) ? level : worst,
    'ok',
  );
}
