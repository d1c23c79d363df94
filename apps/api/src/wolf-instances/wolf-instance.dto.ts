import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { WolfInstance } from '@helix/scheduler';

/** What a host can carry and what it carries; null: not known, or as configured for all. */
export class WolfCapacityDto {
  @ApiProperty({ description: 'Slots of sessions whose lobby is being made' }) reserved!: number;
  @ApiProperty({ description: 'Slots of sessions whose lobby stands' }) confirmed!: number;
  @ApiProperty({ description: 'Lobbies on the host that belong to no session' }) foreign!: number;
  @ApiProperty({ description: 'What counts: the operator’s number, else the host’s, else the default' }) max!: number;
  @ApiProperty({ type: Number, nullable: true }) operator_max!: number | null;
  @ApiProperty({ type: Number, nullable: true }) host_max!: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'As measured last' }) encoder_sessions!: number | null;
  @ApiProperty({ type: Number, nullable: true }) encoder_sessions_max!: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'MiB, as measured last' })
  video_memory_used_mb!: number | null;
  @ApiProperty({ type: Number, nullable: true }) video_memory_total_mb!: number | null;
  @ApiProperty({ type: Number, nullable: true }) video_memory_per_session_mb!: number | null;
  @ApiProperty({ type: String, nullable: true }) measured_at!: string | null;
}

function toWolfCapacityDto(instance: WolfInstance): WolfCapacityDto {
  const { capacity } = instance;
  return {
    reserved: capacity.reserved,
    confirmed: capacity.confirmed,
    foreign: capacity.foreignLobbies,
    max: instance.maxSandboxes,
    operator_max: instance.operatorMaxSandboxes,
    host_max: instance.hostMaxSandboxes,
    encoder_sessions: capacity.encoderSessions,
    encoder_sessions_max: capacity.encoderSessionsMax,
    video_memory_used_mb: capacity.videoMemoryUsedMb,
    video_memory_total_mb: capacity.videoMemoryTotalMb,
    video_memory_per_session_mb: capacity.videoMemoryPerSessionMb,
    measured_at: capacity.measuredAt?.toISOString() ?? null,
  };
}

const STATUSES = ['online', 'degraded', 'draining', 'cordoned', 'offline'] as const;

class ConditionDto {
  @ApiProperty({ example: 'DiskWarning' }) type!: string;
  @ApiProperty({
    enum: ['offline', 'blocks', 'last-choice', 'note'],
    description: 'What it does to placement: none at all, none, only when no other host fits, nothing',
  })
  effect!: string;
  @ApiProperty() message!: string;
  @ApiProperty() since!: string;
}

class HostLinkDto {
  @ApiProperty() connected!: boolean;
  @ApiProperty({ type: String, nullable: true }) since!: string | null;
}

class GpuDto {
  @ApiProperty({ description: 'Empty: not known' }) name!: string;
  @ApiPropertyOptional({ description: 'MiB' }) memory_mb?: number;
  @ApiPropertyOptional() encoder_sessions?: number;
}

class VersionsDto {
  @ApiProperty({ description: 'Of the software on the host; empty: not known' }) host!: string;
  @ApiProperty() sway!: string;
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) desktops!: Readonly<
    Record<string, string>
  >;
}

class CordonDto {
  @ApiProperty() at!: string;
  @ApiProperty() by!: string;
  @ApiProperty() reason!: string;
}

class DrainDto {
  @ApiProperty() since!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Then the sessions that are left are stopped' })
  deadline!: string | null;
  @ApiProperty() by!: string;
  @ApiProperty() reason!: string;
}

/** A Wolf instance in Helix's keys (helix-rest §4.1), and what this product knows beyond them. */
export class WolfInstanceDto {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() address!: string;
  @ApiProperty({ enum: STATUSES }) status!: string;
  @ApiProperty() status_changed_at!: string;
  @ApiProperty({ type: [ConditionDto], description: 'Why the status is what it is' })
  conditions!: readonly ConditionDto[];
  @ApiProperty() link!: HostLinkDto;
  @ApiProperty({ description: 'The last sign of life, by link or heartbeat' }) last_heartbeat!: string;
  @ApiProperty({ type: String, nullable: true }) last_heartbeat_received_at!: string | null;
  @ApiProperty({ description: 'Slots taken, counted from the placements' }) connected_sandboxes!: number;
  @ApiProperty() max_sandboxes!: number;
  @ApiProperty() capacity!: WolfCapacityDto;
  @ApiProperty() gpu_type!: string;
  @ApiProperty() gpu_vendor!: string;
  @ApiProperty({ type: [GpuDto] }) gpus!: readonly GpuDto[];
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } }) labels!: Readonly<Record<string, string>>;
  @ApiProperty() render_node!: string;
  @ApiProperty() sway_version!: string;
  @ApiProperty() versions!: VersionsDto;
  @ApiPropertyOptional({ type: [Object] }) disk_usage?: readonly unknown[];
  @ApiPropertyOptional() disk_alert_level?: string;
  @ApiPropertyOptional() cordoned?: CordonDto;
  @ApiPropertyOptional() draining?: DrainDto;
  @ApiProperty() created_at!: string;
  @ApiProperty() updated_at!: string;
}

export function toWolfInstanceDto(instance: WolfInstance): WolfInstanceDto {
  const { cordonedAt, drainStartedAt } = instance;
  return {
    id: instance.id,
    name: instance.name,
    address: instance.address,
    status: instance.status,
    status_changed_at: instance.statusChangedAt.toISOString(),
    conditions: instance.conditions,
    link: {
      connected: instance.linkConnected && instance.linkAwayAt === null,
      since: timeOrNull(instance.linkChangedAt),
    },
    last_heartbeat: instance.lastSeenAt.toISOString(),
    last_heartbeat_received_at: timeOrNull(instance.lastHeartbeatAt),
    connected_sandboxes: instance.connectedSandboxCount,
    max_sandboxes: instance.maxSandboxes,
    capacity: toWolfCapacityDto(instance),
    gpu_type: instance.gpuType,
    gpu_vendor: instance.gpuVendor,
    gpus: instance.gpus.map(({ name, memoryMb, encoderSessions }) => ({
      name,
      ...(memoryMb !== undefined && { memory_mb: memoryMb }),
      ...(encoderSessions !== undefined && { encoder_sessions: encoderSessions }),
    })),
    labels: instance.labels,
    render_node: instance.renderNode,
    sway_version: instance.swayVersion,
    versions: { host: instance.helixVersion, sway: instance.swayVersion, desktops: instance.desktopVersions },
    ...(instance.diskUsage.length > 0 && { disk_usage: instance.diskUsage }),
    ...(instance.diskAlertLevel !== '' && { disk_alert_level: instance.diskAlertLevel }),
    ...(cordonedAt !== null && {
      cordoned: { at: cordonedAt.toISOString(), by: instance.cordonedBy, reason: instance.cordonReason },
    }),
    ...(drainStartedAt !== null && {
      draining: {
        since: drainStartedAt.toISOString(),
        deadline: timeOrNull(instance.drainDeadlineAt),
        by: instance.drainedBy,
        reason: instance.drainReason,
      },
    }),
    created_at: instance.createdAt.toISOString(),
    updated_at: instance.updatedAt.toISOString(),
  };
}

function timeOrNull(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
