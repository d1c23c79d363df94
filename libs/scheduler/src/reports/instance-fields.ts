import { createHash } from 'node:crypto';

import { SCHEDULER_LIMITS } from '../limits.js';
import { SchedulerError } from '../scheduler-error.js';
import type { Registration } from '../tables/wolf-instance.js';

/** It becomes part of a runner id (`wolf-<id>`) and of paths. */
const INSTANCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** An image's tag, which is what a version is used as. */
const VERSION = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const GPU_VENDOR = /^[A-Za-z0-9._-]*$/;
/** A device of the host, or llvmpipe (wolf-api §3.5); empty: not known. */
const RENDER_NODE = /^(|SOFTWARE|\/dev\/dri\/[A-Za-z0-9_-]+)$/;

/** PostgreSQL's text cannot hold NUL, its JSON no half of a surrogate pair either. */
const NOT_STORABLE = /\0|\p{Surrogate}/u;

export function isInstanceId(value: string): boolean {
  return value.length <= SCHEDULER_LIMITS.instanceIdChars && INSTANCE_ID.test(value);
}

export function isGpuVendor(value: unknown): value is string {
  return typeof value === 'string' && value.length <= SCHEDULER_LIMITS.gpuVendorChars && GPU_VENDOR.test(value);
}

export function isRenderNode(value: unknown): value is string {
  return typeof value === 'string' && value.length <= SCHEDULER_LIMITS.renderNodeChars && RENDER_NODE.test(value);
}

export function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value.length <= SCHEDULER_LIMITS.versionChars && VERSION.test(value);
}

export function isSlotCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= SCHEDULER_LIMITS.maxSandboxes;
}

export function isStorableText(value: unknown, chars: number): value is string {
  return typeof value === 'string' && value.length <= chars && !NOT_STORABLE.test(value);
}

/** Of bytes, MiB, percent: what any column of ours holds. */
export function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same name and address always give the same id: a host that registers again must not become another one. */
export function derivedInstanceId(name: string, address: string): string {
  return `wi-${createHash('sha256').update(`${name}\0${address}`).digest('hex').slice(0, 24)}`;
}

/** Throws `INVALID_INSTANCE` with every fault at once. */
export function checkRegistration(registration: Registration): void {
  const { id, name, address, maxSandboxes, gpuVendor, gpuType, renderNode, swayVersion } = registration;
  const rules = [
    [id === undefined || isInstanceId(id), 'id: letters, digits, ".", "_" and "-", at most 128'],
    [isStorableText(name, SCHEDULER_LIMITS.nameChars) && name !== '', 'name: 1 to 200 characters'],
    [isStorableText(address, SCHEDULER_LIMITS.addressChars) && address !== '', 'address: 1 to 300 characters'],
    [maxSandboxes === undefined || isSlotCount(maxSandboxes), 'max_sandboxes: an integer from 0 to 10000'],
    [gpuVendor === undefined || isGpuVendor(gpuVendor), 'gpu_vendor: one word of at most 32 characters'],
    [
      gpuType === undefined || isStorableText(gpuType, SCHEDULER_LIMITS.gpuTypeChars),
      'gpu_type: at most 200 characters',
    ],
    [renderNode === undefined || isRenderNode(renderNode), 'render_node: /dev/dri/… or SOFTWARE'],
    [!swayVersion || isVersion(swayVersion), 'sway_version: an image tag of at most 128 characters'],
  ] as const;
  const faults = rules.filter(([holds]) => !holds).map(([, rule]) => rule);
  if (faults.length > 0) {
    throw new SchedulerError('INVALID_INSTANCE', `the Wolf instance is not acceptable: ${faults.join('; ')}`);
  }
}
