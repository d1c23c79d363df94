import { ApiProperty } from '@nestjs/swagger';
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

export function toWolfCapacityDto(instance: WolfInstance): WolfCapacityDto {
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
