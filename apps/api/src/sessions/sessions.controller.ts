import { Controller, Delete, Get, Inject, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService, type SessionEntity } from '@helix/external-agent';
import type { Response } from 'express';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../auth/access.decorator.js';
import { ListSessionsDto } from './list-sessions.dto.js';
import { pageOf } from './page-query.dto.js';
import { SessionDto, SessionPageDto, toSessionDto, toSessionSummaryDto } from './session.dto.js';
import { answerStop, StoppedDto } from './stopped.dto.js';

@ApiTags('sessions')
@ApiBearerAuth()
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(@Inject(ExternalAgentService) private readonly agents: ExternalAgentService) {}

  @Get()
  @Access('user')
  @ApiOperation({ summary: 'List sessions, newest first' })
  @ApiOkResponse({ type: SessionPageDto })
  async list(@CurrentUser() user: UserPrincipal, @Query() query: ListSessionsDto): Promise<SessionPageDto> {
    const page = pageOf(query);
    const { sessions, totalCount } = await this.agents.list({
      ownerId: user.isAdmin && query.all === 'true' ? undefined : user.userId,
      search: query.search,
      page: page.index,
      pageSize: page.size,
    });
    return {
      sessions: sessions.map(toSessionSummaryDto),
      page: query.page ?? 0,
      pageSize: page.size,
      totalCount,
      totalPages: Math.ceil(totalCount / page.size),
    };
  }

  @Get(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'One session, its state and what it asks for' })
  @ApiOkResponse({ type: SessionDto })
  get(@CurrentUser() user: UserPrincipal, @CurrentSession() session: SessionEntity): SessionDto {
    return toSessionDto(session, session.ownerId === user.userId);
  }

  @Delete(':id/stop-external-agent')
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
    return answerStop(left, response, 'external Zed agent stopped', 'external Zed agent is stopping: its host is away');
  }
}
