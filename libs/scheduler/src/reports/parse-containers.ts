import { SCHEDULER_LIMITS } from '../limits.js';
import type { ContainerUsage } from '../tables/wolf-instance.entity.js';
import { isAmount, isRecord, isStorableText } from './instance-fields.js';

/** The largest of them, largest first; undefined when any is malformed. A container without a name goes by its id. */
export function parseContainers(value: unknown): readonly ContainerUsage[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const containers: ContainerUsage[] = [];
  for (const entry of value) {
    if (!isRecord(entry)) return undefined;
    const name = entry['container_name'] ?? entry['container_id'];
    const sizeBytes = entry['size_bytes'] ?? 0;
    if (!isStorableText(name, SCHEDULER_LIMITS.containerNameChars) || !isAmount(sizeBytes)) return undefined;
    containers.push({ name, sizeBytes });
  }
  return containers.sort((one, other) => other.sizeBytes - one.sizeBytes).slice(0, SCHEDULER_LIMITS.containers);
}
