import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import { DesktopHealthService, type SessionEntity } from '@helix/external-agent';
import { ConnectionManager, runnerIdOf } from '@helix/revdial';
import type { Response } from 'express';
import { Access, CurrentSession } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { agentStatusOf, linksOf, type AgentStatus } from '../sessions/session.dto.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { DesktopStatsDto, toDesktopStatsDto } from './stats.dto.js';

/** Where to see a desktop, in Helix's keys (helix-rest §3.2). */
export class DesktopViewDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty() screenshot_url!: string;
  @ApiProperty({ description: 'A page that shows the stream' }) stream_url!: string;
  @ApiProperty({ enum: ['starting', 'running', 'stopping', 'stopped', 'failed'] }) status!: AgentStatus;
  @ApiProperty({ description: 'Empty while there is no agent channel to offer' }) websocket_url!: string;
  @ApiProperty({ description: 'An agent holds that channel' }) websocket_connected!: boolean;
}

/** Facts about a desktop. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id')
@Access('session-owner')
export class StatsController {
  constructor(
    private readonly connections: ConnectionManager,
    private readonly health: DesktopHealthService,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  @Get('stats')
  @ApiOperation({ summary: 'What is known of the desktop and its link; null for what is not' })
  @ApiOkResponse({ type: DesktopStatsDto })
  async stats(
    @CurrentSession() session: SessionEntity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DesktopStatsDto> {
    const runnerId = runnerIdOf('sandbox', session.id);
    const link = this.connections.find(runnerId);
    // Only one that can answer is asked: this is no place to wait for a desktop to come back.
    const health =
      session.state === 'running' && link?.state === 'connected'
        ? await this.health.find(session.id, whenCallerLeaves(response))
        : undefined;
    return toDesktopStatsDto(session, this.connections.find(runnerId), health, new Date());
  }

  @Get('rdp')
  @ApiOperation({ summary: 'Where the desktop can be seen' })
  @ApiOkResponse({ type: DesktopViewDto })
  view(@CurrentSession() session: SessionEntity): DesktopViewDto {
    return {
      session_id: session.id,
      ...linksOf(session, this.config.basePath),
      status: agentStatusOf(session.state),
      websocket_url: '',
      websocket_connected: false,
    };
  }
}
