import { Controller, Get, Inject, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { type DesktopHealth, DesktopHealthService, type SessionEntity } from '@helix/external-agent';
import { LINK_TRANSPORTS, runnerIdOf, RunnerPresence, type RunnerStatus } from '@helix/revdial';
import type { Response } from 'express';
import { Access, CurrentSession } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { type AgentStatus, agentStatusOf, linksOf } from '../sessions/session.dto.js';
import { whenCallerLeaves } from '../input/caller-signal.js';

/** The link which the desktop holds to this replica. */
export class DesktopLinkDto {
  @ApiProperty() connected!: boolean;
  @ApiProperty({ type: String, nullable: true, enum: [...LINK_TRANSPORTS, null] }) transport!: string | null;
  @ApiProperty({ type: Number, nullable: true }) round_trip_ms!: number | null;
  @ApiProperty({ type: Number, nullable: true }) streams_open!: number | null;
  @ApiProperty({ type: Number, nullable: true }) bytes_in!: number | null;
  @ApiProperty({ type: Number, nullable: true }) bytes_out!: number | null;
  @ApiProperty({ type: String, nullable: true }) last_seen!: string | null;
}

/** Facts about a desktop in Helix's keys (helix-rest §3.2); what is not known is null. */
export class DesktopStatsDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty({ type: Number, nullable: true, description: 'As the desktop says' }) pid!: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'When it last began to run' }) start_time!: string | null;
  @ApiProperty({ type: String }) last_access!: string;
  @ApiProperty({ type: Number, nullable: true, description: 'Seconds, while it runs' }) uptime!: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'As the desktop says' }) workspace_dir!: string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'As the desktop says' }) display_num!: number | null;
  @ApiProperty({ type: Number, nullable: true, description: 'As the desktop says' }) rdp_port!: number | null;
  @ApiProperty({ enum: ['starting', 'running', 'stopping', 'stopped', 'failed'] }) status!: AgentStatus;
  @ApiProperty({ type: DesktopLinkDto }) link!: DesktopLinkDto;
  @ApiPropertyOptional({ type: Object, description: 'What the desktop says of itself, if it does' })
  desktop?: DesktopHealth;
}

function toDesktopStatsDto(
  session: SessionEntity,
  link: RunnerStatus | undefined,
  health: DesktopHealth | undefined,
  now: Date,
): DesktopStatsDto {
  const runningSince = session.state === 'running' ? session.startedAt : null;
  return {
    session_id: session.id,
    pid: numberIn(health, 'pid'),
    start_time: session.startedAt?.toISOString() ?? null,
    last_access: session.lastActivityAt.toISOString(),
    uptime: runningSince === null ? null : Math.max(0, now.getTime() - runningSince.getTime()) / 1_000,
    workspace_dir: textIn(health, 'workspace_dir'),
    display_num: displayNumberOf(health),
    rdp_port: numberIn(health, 'rdp_port'),
    status: agentStatusOf(session.state),
    link: toDesktopLinkDto(link),
    ...(health !== undefined && { desktop: health }),
  };
}

function toDesktopLinkDto(link: RunnerStatus | undefined): DesktopLinkDto {
  if (link?.state !== 'connected') {
    return {
      connected: false,
      transport: null,
      round_trip_ms: null,
      streams_open: null,
      bytes_in: null,
      bytes_out: null,
      last_seen: null,
    };
  }
  return {
    connected: true,
    transport: link.transport,
    round_trip_ms: link.stats.roundTripMs === undefined ? null : Math.round(link.stats.roundTripMs * 1_000) / 1_000,
    streams_open: link.stats.openStreamCount,
    bytes_in: link.stats.bytesIn,
    bytes_out: link.stats.bytesOut,
    last_seen: link.stats.lastSeenAt.toISOString(),
  };
}

function numberIn(health: DesktopHealth | undefined, name: string): number | null {
  const value = health?.[name];
  return typeof value === 'number' ? value : null;
}

function textIn(health: DesktopHealth | undefined, name: string): string | null {
  const value = health?.[name];
  return typeof value === 'string' ? value : null;
}

/** A number, or X11's way to write one: `:1`. */
function displayNumberOf(health: DesktopHealth | undefined): number | null {
  const number = /^:(\d{1,5})(?:\.\d+)?$/.exec(textIn(health, 'display') ?? '')?.[1];
  return number === undefined ? numberIn(health, 'display') : Number(number);
}

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
    private readonly presence: RunnerPresence,
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
    // Only one that can answer is asked: this is no place to wait for a desktop to come back.
    const health =
      session.state === 'running' && this.presence.isConnected(runnerId)
        ? await this.health.find(session.id, whenCallerLeaves(response))
        : undefined;
    return toDesktopStatsDto(session, this.presence.find(runnerId), health, new Date());
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
