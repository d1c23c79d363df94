import { Controller, Delete, Get, HttpStatus, Inject, Post, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService, SessionFeed, SessionViews, type SessionEntity } from '@helix/external-agent';
import type { Response } from 'express';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { DesktopStateDto, toDesktopStateDto } from './desktop-state.dto.js';
import { IdleStatusDto, toIdleStatusDto } from './idle-status.dto.js';
import { ResumedDto, toResumedDto } from './resumed.dto.js';
import { answerStop, StoppedDto } from './stopped.dto.js';

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
  @ApiOperation({ summary: 'How long nobody has worked with the desktop, and when it is stopped for that' })
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
