import { ApiProperty } from '@nestjs/swagger';
import type { WolfHealthReport } from '@helix/wolf-client';

export class WolfThreadDto {
  @ApiProperty() tid!: number;
  @ApiProperty() name!: string;
  @ApiProperty() details!: string;
  @ApiProperty() seconds_since_heartbeat!: number;
  @ApiProperty() seconds_alive!: number;
  @ApiProperty() heartbeat_count!: number;
  @ApiProperty() is_stuck!: boolean;
  @ApiProperty() current_request_path!: string;
  @ApiProperty() request_duration_seconds!: number;
  @ApiProperty() has_active_request!: boolean;
  @ApiProperty({ description: 'Name of the system call it is in' }) stack_trace!: string;
}

/** Wolf's health in its own keys (helix-rest §4.2). */
export class WolfHealthDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty({ description: 'Since it was first asked' }) process_uptime_seconds!: number;
  @ApiProperty({ type: [WolfThreadDto] }) threads!: readonly WolfThreadDto[];
  @ApiProperty() stuck_thread_count!: number;
  @ApiProperty() total_thread_count!: number;
  @ApiProperty() can_create_new_pipelines!: boolean;
  @ApiProperty({ enum: ['healthy', 'degraded', 'critical'] }) overall_status!: string;
}

export function toWolfHealthDto(report: WolfHealthReport): WolfHealthDto {
  return {
    success: true,
    process_uptime_seconds: report.processUptimeSeconds,
    threads: report.threads.map((thread) => ({
      tid: thread.tid,
      name: thread.name,
      details: thread.details,
      seconds_since_heartbeat: thread.secondsSinceHeartbeat,
      seconds_alive: thread.secondsAlive,
      heartbeat_count: thread.heartbeatCount,
      is_stuck: thread.isStuck,
      current_request_path: thread.currentRequestPath,
      request_duration_seconds: thread.requestDurationSeconds,
      has_active_request: thread.hasActiveRequest,
      stack_trace: thread.stackTrace,
    })),
    stuck_thread_count: report.stuckThreadCount,
    total_thread_count: report.totalThreadCount,
    can_create_new_pipelines: report.canCreateNewPipelines,
    overall_status: report.overallStatus,
  };
}
