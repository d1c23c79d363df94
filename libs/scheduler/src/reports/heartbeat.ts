import type { DiskAlertLevel, DiskUsage } from '../tables/disk-usage.js';
import { parseDisks, worstLevel } from './parse-disks.js';
import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import type { ContainerUsage, Gpu } from '../tables/wolf-instance.entity.js';
import { isGpuVendor, isRecord, isRenderNode, isSlotCount, isStorableText, isVersion } from './instance-fields.js';
import { parseContainers } from './parse-containers.js';
import { parseGpus } from './parse-gpus.js';

/** What a heartbeat tells; what it does not mention stays as it was. */
export interface Heartbeat {
  readonly swayVersion?: string;
  readonly desktopVersions?: Readonly<Record<string, string>>;
  readonly helixVersion?: string;
  readonly gpuVendor?: string;
  readonly gpuType?: string;
  readonly gpus?: readonly Gpu[];
  readonly renderNode?: string;
  readonly hostMaxSandboxes?: number;
  readonly diskUsage?: readonly DiskUsage[];
  readonly diskAlertLevel?: DiskAlertLevel;
  readonly containers?: readonly ContainerUsage[];
}

/**
 * Reads a heartbeat of either dialect, the early `{sway_version, disk_usage, container_usage}` and the later one with
 * `desktop_versions`, `gpu_vendor`, `render_node`, `gpus` and more (helix-rest §4.1). Hosts differ in age: fields that are not
 * known are passed over, null is as good as absent, and no body at all is a plain sign of life.
 *
 * @throws SchedulerError INVALID_HEARTBEAT, naming every known field that is malformed or over its limit.
 */
export function parseHeartbeat(body: unknown): Heartbeat {
  if (body === undefined || body === null) return {};
  if (!isRecord(body)) throw refusal(['body: a JSON object']);
  const faults: string[] = [];
  const take = <T>(field: string, rule: string, parse: (value: unknown) => T | undefined): T | undefined => {
    const value = body[field];
    if (value === undefined || value === null) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) faults.push(`${field}: ${rule}`);
    return parsed;
  };
  const words = (chars: number) => (value: unknown) => (isStorableText(value, chars) ? value : undefined);
  const { versionChars, gpuTypeChars, disks, gpus: gpuCount, desktopVersions: versionCount } = SCHEDULER_LIMITS;

  const desktopVersions = take(
    'desktop_versions',
    `at most ${String(versionCount)} image tags by desktop`,
    parseVersions,
  );
  // What Go leaves out of a struct it may also write as an empty word.
  const swayVersion = take('sway_version', `an image tag of at most ${String(versionChars)} characters`, (value) =>
    value === '' || isVersion(value) ? value : undefined,
  );
  const helixVersion = take('helix_version', `at most ${String(versionChars)} characters`, words(versionChars));
  const gpuVendor = take('gpu_vendor', 'one word of at most 32 characters', (value) =>
    isGpuVendor(value) ? value.toLowerCase() : undefined,
  );
  const gpuType = take('gpu_type', `at most ${String(gpuTypeChars)} characters`, words(gpuTypeChars));
  const gpus = take(
    'gpus',
    `at most ${String(gpuCount)} GPUs with a name, MiB of memory and encoder sessions`,
    parseGpus,
  );
  const renderNode = take('render_node', '/dev/dri/… or SOFTWARE', (value) =>
    isRenderNode(value) ? value : undefined,
  );
  const hostMaxSandboxes = take(
    'max_sandboxes',
    `an integer from 0 to ${String(SCHEDULER_LIMITS.maxSandboxes)}`,
    (value) => (isSlotCount(value) ? value : undefined),
  );
  const diskUsage = take('disk_usage', `at most ${String(disks)} mounts with their bytes`, parseDisks);
  const containers = take('container_usage', 'containers with a name and their bytes', parseContainers);
  if (faults.length > 0) throw refusal(faults);

  const sway = swayVersion || desktopVersions?.['sway'];
  return {
    ...(sway !== undefined && { swayVersion: sway }),
    ...(desktopVersions !== undefined && { desktopVersions }),
    ...(helixVersion !== undefined && { helixVersion }),
    ...(gpuVendor !== undefined && { gpuVendor }),
    ...(gpuType !== undefined && { gpuType }),
    ...(gpus !== undefined && { gpus }),
    ...(renderNode !== undefined && { renderNode }),
    ...(hostMaxSandboxes !== undefined && { hostMaxSandboxes }),
    ...(diskUsage !== undefined && { diskUsage, diskAlertLevel: worstLevel(diskUsage) }),
    ...(containers !== undefined && { containers }),
  };
}

/** A desktop without a version is one that is not there. */
function parseVersions(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value).filter(([, version]) => version !== '' && version !== null);
  const isWhole = entries.every(([name, version]) => isVersion(name) && isVersion(version));
  if (!isWhole || entries.length > SCHEDULER_LIMITS.desktopVersions) return undefined;
  return Object.fromEntries(entries.map(([name, version]) => [name, String(version)]));
}

function refusal(faults: readonly string[]): SchedulerError {
  return new SchedulerError('INVALID_HEARTBEAT', `the heartbeat is not acceptable: ${faults.join('; ')}`);
}
