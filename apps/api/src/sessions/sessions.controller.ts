import { Body, Controller, Delete, Get, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService, type SessionEntity, SessionViews } from '@helix/external-agent';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { pageOf } from '../input/page-query.dto.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { ListSessionsDto } from './list-sessions.dto.js';
import { SessionDto, SessionPageDto, toSessionDto, toSessionSummaryDto } from './session.dto.js';

/** What of a session its owner may change. Clients send the whole session; keys that are not listed are ignored. */
export class UpdateSessionDto {
  @ApiPropertyOptional({ description: 'A blank one changes nothing' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}

@ApiTags('sessions')
@ApiBearerAuth()
@Controller('api/v1/sessions')
export class SessionsController {
  constructor(
    private readonly agents: ExternalAgentService,
    private readonly views: SessionViews,
  ) {}

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
    return this.describe(session, user);
  }

  @Put(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'Rename a session' })
  @ApiOkResponse({ type: SessionDto })
  async update(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() body: UpdateSessionDto,
  ): Promise<SessionDto> {
    if (body.name === undefined) return this.describe(session, user);
    return this.describe(await this.agents.rename(session.id, body.name), user);
  }

  @Delete(':id')
  @Access('session-owner')
  @ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'Delete a session and stop its desktop' })
  @ApiOkResponse({ type: SessionDto })
  async remove(@CurrentUser() user: UserPrincipal, @CurrentSession() session: SessionEntity): Promise<SessionDto> {
    return this.describe(await this.agents.remove(session.id), user);
  }

  private describe(session: SessionEntity, user: UserPrincipal): SessionDto {
    return toSessionDto(this.views.of(session), session.ownerId === user.userId);
  }
}
