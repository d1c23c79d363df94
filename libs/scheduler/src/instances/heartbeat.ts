import { SCHEDULER_LIMITS } from '../limits.js';
import { isGpuVendor, isRenderNode, isSlotCount, isVersion } from './instance-fields.js';

const DISK_ALERT_LEVELS = ['ok', 'warning', 'critical'] as const;

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

/** What a heartbeat tells; what it does not mention stays as it was. */
export interface Heartbeat {
  readonly swayVersion?: string;
  readonly gpuVendor?: string;
  readonly renderNode?: string;
  readonly maxSandboxes?: number;
  readonly desktopVersions?: Readonly<Record<string, string>>;
  readonly diskUsage?: readonly DiskUsage[];
  readonly diskAlertLevel?: DiskAlertLevel;
}

/** PostgreSQL's JSON holds neither NUL nor half of a surrogate pair. */
const NOT_STORABLE = /\0|\p{Surrogate}/u;

/** Levels of the hosts' own daemon, for a report that lacks them (helix-rest §4.1). */
const WARNING_PERCENT = 80;
const CRITICAL_PERCENT = 95;

/**
 * Reads a heartbeat of either dialect, the early `{sway_version, disk_usage, container_usage}` and the later one with
 * `desktop_versions`, `gpu_vendor`, `render_node` and more (helix-rest §4.1). Never throws: unknown fields are passed over,
 * known ones that are malformed or over their limits are left out and named in `dropped`. Hosts differ in age, and a host
 * that is alive must not look dead because of one field.
 */
export function parseHeartbeat(body: unknown): { readonly heartbeat: Heartbeat; readonly dropped: readonly string[] } {
  if (!isRecord(body)) {
    return { heartbeat: {}, dropped: body === undefined || body === null ? [] : ['body'] };
  }
  const dropped: string[] = [];
  const take = <T>(field: string, parse: (value: unknown) => T | undefined): T | undefined => {
    const value = body[field];
    if (value === undefined || value === null) {
      return undefined;
    }
    const parsed = parse(value);
    if (parsed === undefined) {
      dropped.push(field);
    }
    return parsed;
  };
  const desktopVersions = take('desktop_versions', parseVersions);
  const swayVersion = take('sway_version', parseVersion) ?? desktopVersions?.['sway'];
  const gpuVendor = take('gpu_vendor', (value) => (isGpuVendor(value) ? value.toLowerCase() : undefined));
  const renderNode = take('render_node', (value) => (isRenderNode(value) ? value : undefined));
  const maxSandboxes = take('max_sandboxes', (value) => (isSlotCount(value) ? value : undefined));
  const diskUsage = take('disk_usage', parseDisks);
  const heartbeat: Heartbeat = {
    ...(swayVersion !== undefined && { swayVersion }),
    ...(gpuVendor !== undefined && { gpuVendor }),
    ...(renderNode !== undefined && { renderNode }),
    ...(maxSandboxes !== undefined && { maxSandboxes }),
    ...(desktopVersions !== undefined && { desktopVersions }),
    ...(diskUsage !== undefined && { diskUsage, diskAlertLevel: worstOf(diskUsage) }),
  };
  return { heartbeat, dropped };
}

function parseVersion(value: unknown): string | undefined {
  return isVersion(value) ? value : undefined;
}

function parseVersions(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const entries = Object.entries(value);
  const versions = entries.flatMap(([name, version]) => {
    const parsed = parseVersion(version);
    return isVersion(name) && parsed !== undefined ? [[name, parsed] as const] : [];
  });
  const isWhole = versions.length === entries.length && entries.length <= SCHEDULER_LIMITS.desktopVersions;
  return isWhole ? Object.fromEntries(versions) : undefined;
}

function parseDisks(value: unknown): readonly DiskUsage[] | undefined {
  if (!Array.isArray(value) || value.length > SCHEDULER_LIMITS.disks) {
    return undefined;
  }
  const disks = value.map(parseDisk);
  return disks.every((disk) => disk !== undefined) ? disks : undefined;
}

function parseDisk(value: unknown): DiskUsage | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const { mount_point: mountPoint, total_bytes: totalBytes, used_bytes: usedBytes, avail_bytes: availBytes } = value;
  if (typeof mountPoint !== 'string' || mountPoint === '' || mountPoint.length > SCHEDULER_LIMITS.mountPointChars) {
    return undefined;
  }
  if (NOT_STORABLE.test(mountPoint) || !isAmount(totalBytes) || !isAmount(usedBytes)) {
    return undefined;
  }
  const usedPercent = isAmount(value['used_percent'])
    ? value['used_percent']
    : (usedBytes / Math.max(totalBytes, 1)) * 100;
  return {
    mount_point: mountPoint,
    total_bytes: totalBytes,
    used_bytes: usedBytes,
    avail_bytes: isAmount(availBytes) ? availBytes : Math.max(totalBytes - usedBytes, 0),
    used_percent: usedPercent,
    alert_level: DISK_ALERT_LEVELS.find((level) => level === value['alert_level']) ?? levelOf(usedPercent),
  };
}

function levelOf(usedPercent: number): DiskAlertLevel {
  if (usedPercent >= CRITICAL_PERCENT) {
    return 'critical';
  }
  return usedPercent >= WARNING_PERCENT ? 'warning' : 'ok';
}

function worstOf(disks: readonly DiskUsage[]): DiskAlertLevel {
  return disks.reduce<DiskAlertLevel>(
    (worst, { alert_level: level }) =>
      DISK_ALERT_LEVELS.indexOf(level) > DISK_ALERT_LEVELS.indexOf(worst) ? level : worst,
    'ok',
  );
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
