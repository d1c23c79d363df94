/**
 * Which GPU host runs which session.
 *
 * Problem: hosts come and go behind NAT, several replicas place sessions at the same moment, and counts kept beside the
 * facts drift: after a crash, a reconnect or a double stop they promise room that is not there, or hide room that is.
 *
 * Idea: facts about a host are written down as they come; its status follows from them and is never set by hand. A slot is a row
 * with an end, and the counters of its host change in the same transaction, in one place (`change_capacity`), under one lock.
 * Every decision says why.
 *
 *     link, heartbeat, probe, operator ──▶ wolf_instances ──deriveStatus──▶ status, conditions, rank
 *                                              │ trigger
 *                                              ▼
 *     place · confirm · release ──ledger──▶ wolf_capacities ◀─counted in─▶ placements (reserved until …, confirmed)
 *          └─ record of why                    in the order of the strategy    placement_queue (first come, first served)
 */
export { SCHEDULER_ENTITIES, SCHEDULER_MIGRATIONS } from './persistence.js';
export { SCHEDULER_ERROR_CODES, SchedulerError, type SchedulerErrorCode } from './scheduler-error.js';
export { SCHEDULER_LIMITS } from './limits.js';
export { isGpuVendor, isRenderNode, isVersion } from './reports/instance-fields.js';
export { WolfInstanceRegistry, type RegistryOptions } from './instances/wolf-instance-registry.js';
export { isLinkedElsewhere, ReplicaPresence } from './replicas/replica-presence.js';
export { ObservedTime, type ProcessClocks } from './replicas/observed-time.js';
export { FleetTotals, type FleetCounts } from './instances/fleet-totals.js';
export type { Registration, WolfInstance } from './tables/wolf-instance.js';
export { HostOperations } from './operations/host-operations.js';
export type { HostEdit } from './operations/host-edit.js';
export type { Operator } from './operations/operator.js';
export { ProbeFacts, type CanaryVerdict, type GpuFacts, type HealthFacts } from './instances/probe-facts.js';
export type { WolfInstanceStatus } from './tables/wolf-instance.entity.js';
export type { Condition, ConditionType } from './tables/condition.js';
export { FleetEvents } from './events/fleet-events.js';
export type { FleetEvent, FleetEventKind } from './events/fleet-event.js';
export { deriveStatus, type DerivedStatus, type StatusFacts, type StatusTimes } from './status/derive-status.js';
export { StatusSweeper } from './status/status-sweeper.js';
export { FleetMaintenance, type MaintenanceTask } from './maintenance/fleet-maintenance.js';
export { fleetTasks } from './maintenance/fleet-tasks.js';
export type { SchedulerLogger } from './scheduler-logger.js';
export { PLACEMENT_STRATEGIES, type PlacementPolicy, type PlacementStrategy } from './capacity/change-capacity.js';
export { applyCapacityFunctions } from './capacity/apply-capacity-functions.js';
export type {
  CapacityCounts,
  CapacityDrift,
  CapacityMeasurement,
  Obstacle,
  ObstacleCode,
} from './capacity/capacity-operations.js';
export { HostCapacityEntity } from './tables/host-capacity.entity.js';
export { DiskHistory, type DiskSample } from './disks/disk-history.js';
export type { DiskAlertLevel, DiskUsage } from './tables/disk-usage.js';
export type { Heartbeat } from './reports/heartbeat.js';
export { WolfInstanceEntity } from './tables/wolf-instance.entity.js';
export { PlacementEntity, type PlacementState } from './tables/placement.entity.js';
export { PlacementService, type PlacementOptions } from './placement/placement-service.js';
export { REFUSAL_REASONS } from './placement/placement.js';
export type {
  ConsideredHost,
  Placement,
  PlacementDecision,
  PlacementRequest,
  Queued,
  Refusal,
  RefusalReason,
} from './placement/placement.js';
