import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { uiAppOf } from '@helix/external-agent';
import type { WolfHealthReport } from '@helix/wolf-client';
import { IsString, MaxLength } from 'class-validator';
import type { Response } from 'express';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { SessionHost, WolfHosts, WolfInstanceQueryDto } from './wolf-hosts.js';
import { WolfReports } from './wolf-reports.js';

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

function toWolfHealthDto(report: WolfHealthReport): WolfHealthDto {
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

class SessionQueryDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @IsString({ message: 'session_id is required' })
  @MaxLength(200)
  session_id!: string;
}

class UiAppIdDto {
  @ApiProperty({ example: '134906179' }) wolf_ui_app_id!: string;
}

@ApiTags('wolf')
@ApiBearerAuth()
@Controller('api/v1/wolf')
export class WolfController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly sessionHost: SessionHost,
    private readonly reports: WolfReports,
  ) {}

  @Get('health')
  @Access('admin')
  @ApiOperation({ summary: "A host's Wolf as it judges itself, at most five seconds old" })
  @ApiOkResponse({ type: WolfHealthDto })
  async health(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WolfHealthDto> {
    const signal = whenCallerLeaves(response);
    const wolfInstanceId = await this.hosts.named(query.wolf_instance_id);
    return toWolfHealthDto(await this.reports.health.get(wolfInstanceId, signal));
  }

  @Get('ui-app-id')
  @Access('user')
  @ApiOperation({ summary: "The app on the session's host that a viewer connects to first" })
  @ApiOkResponse({ type: UiAppIdDto })
  async uiAppId(
    @CurrentUser() user: UserPrincipal,
    @Query() query: SessionQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UiAppIdDto> {
    const signal = whenCallerLeaves(response);
    const { wolfInstanceId } = await this.sessionHost.of(query.session_id, user);
    const apps = await this.reports.apps.get(wolfInstanceId, signal);
    const app = uiAppOf(apps);
    if (app === undefined) throw new ApiError('NOT_FOUND', 'the host has no app to connect to');
    return { wolf_ui_app_id: app.id };
  }
}
