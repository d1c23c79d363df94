import { Controller, Delete, Get, HttpStatus, Inject, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import {
  ExternalAgentService,
  type IdleStatus,
  REACHABILITY_STATES,
  type SessionEntity,
  SessionFeed,
  type SessionView,
  SessionViews,
} from '@helix/external-agent';
import type { Response } from 'express';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { linksOf, toReachability } from './session.dto.js';

/** The answer to `wolf-app-state` (helix-rest §2.3). A desktop that cannot be reached now is never `absent`. */
export class DesktopStateDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ description: 'A number below 10⁹ that Helix derives from owner and session' }) wolf_app_id!: string;
  @ApiProperty({ enum: ['absent', 'starting', 'resumable', 'running'] }) state!: SessionView['appState'];
  @ApiProperty({ description: 'A stream watches the desktop' }) has_websocket!: boolean;
  @ApiProperty() client_unique_id!: string;
  @ApiProperty({ description: 'False: `state` is the last that is known' }) reachable!: boolean;
  @ApiProperty({ enum: REACHABILITY_STATES, nullable: true }) reachability!: string | null;
  @ApiPropertyOptional() seconds_left?: number;
  @ApiProperty() desktop_connected!: boolean;
  @ApiProperty({ nullable: true, type: Number }) viewers!: number | null;
}

function toDesktopStateDto(view: SessionView): DesktopStateDto {
  const { session, reachability, viewerCount } = view;
  return {
    session_id: session.id,
    wolf_app_id: String(wolfAppId(`${session.ownerId}-${session.id}`)),
    state: view.appState,
    has_websocket: (viewerCount ?? 0) > 0,
    client_unique_id: `helix-agent-${session.id}`,
    reachable: reachability === undefined || reachability.state === 'connected' || reachability.state === 'unstable',
    ...toReachability(reachability),
    desktop_connected: view.isDesktopConnected,
    viewers: viewerCount ?? null,
  };
}

/** A polynomial of base 31 over the bytes, modulo 10⁹ (helix-rest §2.3). */
function wolfAppId(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => (hash * 31 + byte) % 1_000_000_000, 0);
}

/** How long a desktop may still be left alone (helix-rest §2.4). Keys that are zero or false are left out, as Helix does. */
export class IdleStatusDto {
  @ApiProperty({ description: 'The session has a running desktop' }) has_external_agent!: boolean;
  @ApiPropertyOptional() idle_minutes?: number;
  @ApiPropertyOptional({ description: 'Minutes until the desktop is stopped; absent with an idle limit of 0' })
  will_terminate_in?: number;
  @ApiPropertyOptional({ description: 'The owner should be warned' }) warning_threshold?: boolean;
  @ApiPropertyOptional() idle_seconds?: number;
  @ApiPropertyOptional() will_terminate_in_seconds?: number;
}

function toIdleStatusDto(status: IdleStatus | undefined): IdleStatusDto {
  if (status === undefined) return { has_external_agent: false };
  const { idleMs, leftMs, isWarned } = status;
  const idleMinutes = Math.floor(idleMs / 60_000);
  return {
    has_external_agent: true,
    ...(idleMinutes > 0 && { idle_minutes: idleMinutes }),
    ...(leftMs !== undefined && leftMs > 0 && { will_terminate_in: Math.ceil(leftMs / 60_000) }),
    ...(isWarned && { warning_threshold: true }),
    idle_seconds: Math.floor(idleMs / 1_000),
    ...(leftMs !== undefined && { will_terminate_in_seconds: Math.ceil(leftMs / 1_000) }),
  };
}

export class ResumedDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ enum: ['resumed', 'starting'] }) status!: 'resumed' | 'starting';
  @ApiPropertyOptional() wolf_lobby_id?: string;
  @ApiPropertyOptional({ description: 'For the owner alone' }) wolf_lobby_pin?: string;
  @ApiPropertyOptional({ description: 'While the desktop runs' }) dev_container_id?: string;
  @ApiProperty() screenshot_url!: string;
}

function toResumedDto(session: SessionEntity, showPin: boolean, basePath: string): ResumedDto {
  return {
    session_id: session.id,
    status: session.state === 'running' ? 'resumed' : 'starting',
    ...(session.lobbyId !== null && { wolf_lobby_id: session.lobbyId }),
    ...(session.lobbyId !== null && showPin && { wolf_lobby_pin: session.lobbyPin }),
    ...(session.lobbyId !== null && session.state === 'running' && { dev_container_id: session.lobbyId }),
    screenshot_url: linksOf(session, basePath).screenshot_url,
  };
}

export class StoppedDto {
  @ApiProperty() message!: string;
  @ApiProperty() session_id!: string;
}

/** Says `done` with 200 when no desktop is left, and with 202 that it is still on its way out. */
export function answerStop(session: SessionEntity, response: Response, done: string, underWay: string): StoppedDto {
  const isOver = session.state === 'stopped' || session.state === 'failed';
  response.status(isOver ? HttpStatus.OK : HttpStatus.ACCEPTED);
  return { message: isOver ? done : underWay, session_id: session.id };
}

/** The life of a session's desktop: how it is, stop and resume. Pages poll the first two, so they cost no call to a host. */
@ApiTags('sessions')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/sessions/:id')
@Access('session-owner')
export class DesktopLifeController {
  constructor(
    private readonly agents: ExternalAgentService,
    private readonly views: SessionViews,
    private readonly feed: SessionFeed,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  @Get('wolf-app-state')
  @ApiOperation({ summary: "The desktop's state; what cannot be reached now keeps its last one and says so" })
  @ApiOkResponse({ type: DesktopStateDto })
  state(@CurrentSession() session: SessionEntity): DesktopStateDto {
    return toDesktopStateDto(this.feed.glance(session));
  }

  @Get('idle-status')
  @ApiOperation({ summary: 'How long the desktop has been idle, and when it is stopped for that' })
  @ApiOkResponse({ type: IdleStatusDto })
  idle(@CurrentSession() session: SessionEntity): IdleStatusDto {
    return toIdleStatusDto(this.views.of(session).idle);
  }

  @Post('resume')
  @ApiOperation({
    summary: 'Bring the desktop of an ended session back, with its workspace; a success when it runs already',
  })
  @ApiOkResponse({ type: ResumedDto })
  @ApiAcceptedResponse({ type: ResumedDto, description: 'On its way' })
  async resume(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ResumedDto> {
    const left = await this.agents.resume(session.id);
    response.status(left.state === 'running' ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return toResumedDto(left, session.ownerId === user.userId, this.config.basePath);
  }

  @Delete('stop-external-agent')
  @ApiOperation({ summary: 'Stop the desktop and free its slot; stopping twice is a success' })
  @ApiOkResponse({ type: StoppedDto })
  @ApiAcceptedResponse({ type: StoppedDto, description: 'The host is away; it stops when the host returns' })
  async stop(
    @CurrentSession() session: SessionEntity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoppedDto> {
    const left = await this.agents.stop(session.id);
    return answerStop(left, response, 'external Zed agent stopped', 'external Zed agent is stopping: its host is away');
  }
}
