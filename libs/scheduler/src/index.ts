/**
 * Which GPU host runs which session.
 *
 * Problem: hosts come and go behind NAT, several replicas place sessions at the same moment, and counts kept beside the
 * facts drift: after a crash, a reconnect or a double stop they promise room that is not there, or hide room that is.
 *
 * Idea: no counts. A session's place is a row, a host's load is how many rows name it, and a place is chosen and taken in
 * one transaction under one lock. Whether a host is online is not written down by anybody either: it follows from when it
 * was last heard of.
 *
 *     link up/down, heartbeat ──▶ wolf_instances      placements ◀── place · confirm · release
 *                                 id, max, gpu,  ◀──── session_id
 *                                 last_seen_at    fk   wolf_instance_id, reserved | confirmed
 *                                       └──────── chosen by ────────┘
 *                                   online, right GPU, used < max, least loaded first
 */
export { SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from './persistence.js';
export { SCHEDULER_ERROR_CODES, SchedulerError, type SchedulerErrorCode } from './scheduler-error.js';
export { SCHEDULER_LIMITS } from './limits.js';
export { isGpuVendor, isRenderNode, isVersion } from './instances/instance-fields.js';
export { WolfInstanceRegistry, type RegistryOptions } from './instances/wolf-instance-registry.js';
export type { HeartbeatReceipt, Registration, WolfInstance, WolfInstanceStatus } from './instances/wolf-instance.js';
export type { DiskAlertLevel, DiskUsage, Heartbeat } from './instances/heartbeat.js';
export { WolfInstanceEntity } from './instances/wolf-instance.entity.js';
export { PlacementEntity } from './placement/placement.entity.js';
export { PlacementService, type PlacementOptions } from './placement/placement-service.js';
export type {
  Placement,
  PlacementRequest,
  PlacementState,
  PassedOverHost,
  Refusal,
  RefusalReason,
} from './placement/placement.js';
