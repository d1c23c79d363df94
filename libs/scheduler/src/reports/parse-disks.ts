import { isAmount, isRecord, isStorableText } from './instance-fields.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { DISK_ALERT_LEVELS, type DiskAlertLevel, type DiskUsage } from '../tables/disk-usage.js';

/** Levels of the hosts' own daemon, for a report that lacks them (helix-rest §4.1). */
const WARNING_PERCENT = 80;
const CRITICAL_PERCENT = 95;

/** Undefined when any of it is malformed. Of a mount that is told twice the last counts. */
export function parseDisks(value: unknown): readonly DiskUsage[] | undefined {
  if (!Array.isArray(value) || value.length > SCHEDULER_LIMITS.disks) return undefined;
  const byMount = new Map<string, DiskUsage>();
  for (const entry of value) {
    const disk = parseDisk(entry);
    if (disk === undefined) return undefined;
    byMount.set(disk.mount_point, disk);
  }
  return [...byMount.values()];
}

function parseDisk(value: unknown): DiskUsage | undefined {
  if (!isRecord(value)) return undefined;
  const { mount_point: mountPoint, total_bytes: totalBytes, used_bytes: usedBytes } = value;
  if (!isStorableText(mountPoint, SCHEDULER_LIMITS.mountPointChars) || mountPoint === '') return undefined;
  if (!isAmount(totalBytes) || !isAmount(usedBytes)) return undefined;
  const availBytes = value['avail_bytes'] ?? Math.max(totalBytes - usedBytes, 0);
  const usedPercent = value['used_percent'] ?? (usedBytes / Math.max(totalBytes, 1)) * 100;
  if (!isAmount(availBytes) || !isAmount(usedPercent)) return undefined;
  return {
    mount_point: mountPoint,
    total_bytes: totalBytes,
    used_bytes: usedBytes,
    avail_bytes: availBytes,
    used_percent: usedPercent,
    alert_level: DISK_ALERT_LEVELS.find((level) => level === value['alert_level']) ?? levelOf(usedPercent),
  };
}

function levelOf(usedPercent: number): DiskAlertLevel {
  if (usedPercent >= CRITICAL_PERCENT) return 'critical';
  return usedPercent >= WARNING_PERCENT ? 'warning' : 'ok';
}

/** A host is as badly off as its fullest disk. */
export function worstLevel(disks: readonly DiskUsage[]): DiskAlertLevel {
  return disks.reduce<DiskAlertLevel>(
    (worst, { alert_level: level }) =>
      DISK_ALERT_LEVELS.indexOf(level) > DISK_ALERT_LEVELS.indexOf(worst) ? level : worst,
    'ok',
  );
}
