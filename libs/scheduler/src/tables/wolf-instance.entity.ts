import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

import type { DiskAlertLevel, DiskUsage } from './disk-usage.js';
import type { Condition } from './condition.js';

/** A GPU host. Written only through `WolfInstanceRegistry`; read through it too, which adds status and load. */
@Entity({ name: 'wolf_instances' })
@Check('wolf_instances_slots', 'max_sandboxes >= 0')
@Check('wolf_instances_health', `wolf_health IN ('', 'healthy', 'degraded', 'critical')`)
@Check('wolf_instances_gpu_monitoring', `gpu_monitoring IN ('', 'ok', 'lost')`)
@Check('wolf_instances_status', `status IN ('online', 'degraded', 'draining', 'cordoned', 'offline')`)
@Check('wolf_instances_disk_alert', `disk_alert_level IN ('', 'ok', 'warning', 'critical')`)
export class WolfInstanceEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'wolf_instances_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  /** Where it connects from, or the socket's path of one that is reached without a tunnel. */
  @Column({ type: 'text' })
  address!: string;

  /** True while only its link has made it known; then its address follows the link. */
  @Column({ type: 'boolean', name: 'auto_registered', default: false })
  autoRegistered!: boolean;

  /** Lower case; empty: not known. */
  @Column({ type: 'text', name: 'gpu_vendor', default: '' })
  gpuVendor!: string;

  @Column({ type: 'text', name: 'gpu_type', default: '' })
  gpuType!: string;

  /** Empty: not known. */
  @Column({ type: 'text', name: 'render_node', default: '' })
  renderNode!: string;

  /** In the host's own words; empty: not known. */
  @Column({ type: 'jsonb', default: [] })
  gpus!: readonly Gpu[];

  /** Region, zone and whatever else the operator sorts their hosts by. */
  @Column({ type: 'jsonb', default: {} })
  labels!: Readonly<Record<string, string>>;

  /** Of the software on the host itself; empty: not known. */
  @Column({ type: 'text', name: 'helix_version', default: '' })
  helixVersion!: string;

  /** What counts: the operator's number, else the host's, else the default. 0 takes no sessions. */
  @Column({ type: 'integer', name: 'max_sandboxes' })
  maxSandboxes!: number;

  @Column({ type: 'integer', name: 'operator_max_sandboxes', nullable: true })
  operatorMaxSandboxes!: number | null;

  @Column({ type: 'integer', name: 'host_max_sandboxes', nullable: true })
  hostMaxSandboxes!: number | null;

  /** The operator's; null: the configured default. */
  @Column({ type: 'integer', name: 'encoder_sessions_max', nullable: true })
  encoderSessionsMax!: number | null;

  /** What a session is taken to need, in MiB; null: the configured default. */
  @Column({ type: 'integer', name: 'video_memory_per_session_mb', nullable: true })
  videoMemoryPerSessionMb!: number | null;

  /** Tag of the desktop image that lies on the host; empty: not known. */
  @Column({ type: 'text', name: 'sway_version', default: '' })
  swayVersion!: string;

  @Column({ type: 'jsonb', name: 'desktop_versions', default: {} })
  desktopVersions!: Readonly<Record<string, string>>;

  @Column({ type: 'jsonb', name: 'disk_usage', default: [] })
  diskUsage!: readonly DiskUsage[];

  /** The worst of its disks; empty: never reported. */
  @Column({ type: 'text', name: 'disk_alert_level', default: '' })
  diskAlertLevel!: DiskAlertLevel | '';

  /** The largest desktops' containers, as the host said last. */
  @Column({ type: 'jsonb', default: [] })
  containers!: readonly ContainerUsage[];

  /** By link or by heartbeat. */
  @Column({ type: 'timestamptz', name: 'last_seen_at', default: () => 'now()' })
  lastSeenAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_heartbeat_at', nullable: true })
  lastHeartbeatAt!: Date | null;

  @Column({ type: 'boolean', name: 'link_connected', default: false })
  linkConnected!: boolean;

  /** Which link was reported last, so that the late end of an older one changes nothing. */
  @Column({ type: 'text', name: 'link_id', nullable: true })
  linkId!: string | null;

  @Column({ type: 'timestamptz', name: 'link_changed_at', nullable: true })
  linkChangedAt!: Date | null;

  /** Since when its link is without a connection and may come back; null while one stands. */
  @Column({ type: 'timestamptz', name: 'link_away_at', nullable: true })
  linkAwayAt!: Date | null;

  /** False: the Wolf behind its link has not answered yet, or did not when it was asked last. */
  @Column({ type: 'boolean', name: 'link_answering', default: true })
  linkAnswering!: boolean;

  /** When another machine claimed its id last, and was refused; null: none ever did. */
  @Column({ type: 'timestamptz', name: 'other_machine_seen_at', nullable: true })
  otherMachineSeenAt!: Date | null;

  @Column({ type: 'text', name: 'other_machine_address', default: '' })
  otherMachineAddress!: string;

  /** As Wolf judges itself; empty: never asked. */
  @Column({ type: 'text', name: 'wolf_health', default: '' })
  wolfHealth!: 'healthy' | 'degraded' | 'critical' | '';

  @Column({ type: 'integer', name: 'stuck_thread_count', default: 0 })
  stuckThreadCount!: number;

  @Column({ type: 'boolean', name: 'can_create_pipelines', default: true })
  canCreatePipelines!: boolean;

  /** Requests through its link get no answer since then; null: they do. */
  @Column({ type: 'timestamptz', name: 'canary_failing_since', nullable: true })
  canaryFailingSince!: Date | null;

  @Column({ type: 'text', name: 'canary_failure', default: '' })
  canaryFailure!: string;

  /** `lost`: it worked before and does not now; empty: it never did. */
  @Column({ type: 'text', name: 'gpu_monitoring', default: '' })
  gpuMonitoring!: 'ok' | 'lost' | '';

  @Column({ type: 'timestamptz', name: 'cordoned_at', nullable: true })
  cordonedAt!: Date | null;

  @Column({ type: 'text', name: 'cordoned_by', default: '' })
  cordonedBy!: string;

  @Column({ type: 'text', name: 'cordon_reason', default: '' })
  cordonReason!: string;

  @Column({ type: 'timestamptz', name: 'drain_started_at', nullable: true })
  drainStartedAt!: Date | null;

  /** After it the sessions that are left are stopped; null: they may stay. */
  @Column({ type: 'timestamptz', name: 'drain_deadline_at', nullable: true })
  drainDeadlineAt!: Date | null;

  @Column({ type: 'text', name: 'drained_by', default: '' })
  drainedBy!: string;

  @Column({ type: 'text', name: 'drain_reason', default: '' })
  drainReason!: string;

  /** Derived from everything above by `deriveStatus`, and written by `StatusKeeper` alone. */
  @Column({ type: 'text', default: 'offline' })
  status!: WolfInstanceStatus;

  @Column({ type: 'jsonb', default: [] })
  conditions!: readonly Condition[];

  /** 0: takes sessions; 1: only when no other host does; null: takes none. */
  @Column({ type: 'smallint', name: 'placement_rank', nullable: true })
  placementRank!: number | null;

  @Column({ type: 'timestamptz', name: 'status_changed_at', default: () => 'now()' })
  statusChangedAt!: Date;

  /** Rises with each fact that the status may depend on. */
  @Column({ type: 'integer', name: 'facts_version', default: 1 })
  factsVersion!: number;

  /** The version of the facts from which the status was derived. */
  @Column({ type: 'integer', name: 'settled_version', default: 0 })
  settledVersion!: number;

  @Column({ type: 'timestamptz', name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', default: () => 'now()' })
  updatedAt!: Date;
}

/** One GPU of a host, as far as the host tells. */
export interface Gpu {
  readonly name: string;
  readonly memoryMb?: number;
  /** How many streams it encodes at once; absent: not known. */
  readonly encoderSessions?: number;
}

/** What a desktop's container takes of the host's disk. */
export interface ContainerUsage {
  readonly name: string;
  readonly sizeBytes: number;
}

/**
 * - `online`    takes sessions
 * - `degraded`  reachable, and something is wrong: takes none, or only when no other host does (its conditions say which)
 * - `draining`  takes none, and is to be emptied
 * - `cordoned`  takes none; what runs there goes on
 * - `offline`   its link is down, or it was not heard of for too long
 */
export type WolfInstanceStatus = 'online' | 'degraded' | 'draining' | 'cordoned' | 'offline';
