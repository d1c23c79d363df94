import { Body, Controller, Delete, Get, HttpStatus, Inject, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { ExternalAgentService, SessionActivity, SessionViews, type SessionEntity } from '@helix/external-agent';
import type { Response } from 'express';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { JsonBody } from '../input/body.guard.js';
import { API_LIMITS } from '../limits.js';
import { ListSessionsDto } from '../sessions/list-sessions.dto.js';
import { pageOf } from '../input/page-query.dto.js';
import { answerStop, StoppedDto } from '../sessions/desktop-life.controller.js';
import {
  CreateExternalAgentDto,
  ExternalAgentDto,
  toExternalAgentDto,
  UpdateExternalAgentDto,
} from './external-agent.dto.js';

@ApiTags('external agents')
@ApiBearerAuth()
@Controller('api/v1/external-agents')
export class ExternalAgentsController {
  constructor(
    private readonly agents: ExternalAgentService,
    private readonly views: SessionViews,
    private readonly activity: SessionActivity,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  @Post()
  @Access('user')
  @JsonBody({ maxBytes: API_LIMITS.jsonLargeBodyMaxBytes })
  @ApiOperation({
    summary: 'Start a desktop on the least loaded host; asked again with the same session_id it returns the same one',
  })
  @ApiOkResponse({ type: ExternalAgentDto })
  @ApiAcceptedResponse({ type: ExternalAgentDto, description: 'Still starting, or waiting for a slot' })
  async create(
    @CurrentUser() user: UserPrincipal,
    @Body() body: CreateExternalAgentDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ExternalAgentDto> {
    const session = await this.agents.create({
      ownerId: user.userId,
      sessionId: body.session_id ?? body.helix_session_id,
      name: body.name,
      environment: body.env,
      display: { width: body.display_width, height: body.display_height, refreshHz: body.display_refresh_rate },
      gpuVendor: body.gpu_vendor,
      image: body.image,
      labels: labelsOf(body),
      hostLabels: body.host_labels,
      queueMs: (body.queue_seconds ?? 0) * 1_000,
      onHostLost: body.on_host_lost,
      ...(body.idle_limit_minutes !== undefined && {
        idleLimitMs: Math.min(body.idle_limit_minutes * 60_000, this.config.idleLimitMaxMs),
      }),
    });
    response.status(session.state === 'running' ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return this.describe(session, user);
  }

  @Get()
  @Access('user')
  @ApiOperation({ summary: 'List desktops that are not stopped, newest first' })
  @ApiOkResponse({ type: [ExternalAgentDto] })
  async list(
    @CurrentUser() user: UserPrincipal,
    @Query() query: ListSessionsDto,
  ): Promise<readonly ExternalAgentDto[]> {
    const page = pageOf(query);
    const { sessions } = await this.agents.list({
      ownerId: user.isAdmin && query.all === 'true' ? undefined : user.userId,
      search: query.search,
      activeOnly: true,
      page: page.index,
      pageSize: page.size,
    });
    return sessions.map((session) => this.describe(session, user));
  }

  @Get(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'One desktop' })
  @ApiOkResponse({ type: ExternalAgentDto })
  get(@CurrentUser() user: UserPrincipal, @CurrentSession() session: SessionEntity): ExternalAgentDto {
    return this.describe(session, user);
  }

  @Put(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiBody({ type: UpdateExternalAgentDto })
  @ApiOperation({ summary: 'Report work with the desktop; nothing else of the body counts' })
  @ApiOkResponse({ type: ExternalAgentDto })
  async update(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() _body: UpdateExternalAgentDto,
  ): Promise<ExternalAgentDto> {
    await this.activity.note(session.id);
    return this.describe(session, user);
  }

  @Delete(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'Stop the desktop and free its slot; stopping twice is a success' })
  @ApiOkResponse({ type: StoppedDto })
  @ApiAcceptedResponse({ type: StoppedDto, description: 'The host is away; it stops when the host returns' })
  async stop(
    @CurrentSession() session: SessionEntity,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StoppedDto> {
    const left = await this.agents.stop(session.id);
    return answerStop(
      left,
      response,
      'External agent stopped successfully',
      'External agent is stopping: its host is away',
    );
  }

  private describe(session: SessionEntity, user: UserPrincipal): ExternalAgentDto {
    return toExternalAgentDto(this.views.of(session), session.ownerId === user.userId, this.config.basePath);
  }
}

function labelsOf(body: CreateExternalAgentDto): Record<string, string> {
  return {
    ...(body.spec_task_id !== undefined && { spec_task_id: body.spec_task_id }),
    ...(body.project_id !== undefined && { project_id: body.project_id }),
    ...(body.thread_id !== undefined && { zed_thread_id: body.thread_id }),
  };
}
