import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService, EXTERNAL_AGENT_LIMITS } from '@helix/external-agent';
import { RunnerPresence, type ConnectedRunner } from '@helix/revdial';
import { IsIn, IsOptional } from 'class-validator';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { PageQueryDto, pageOf } from '../input/page-query.dto.js';

class ListConnectionsDto extends PageQueryDto {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: "All users', for admins; others see their own all the same",
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsIn(['true', 'false'])
  all?: string;
}

/** A desktop that holds its link, in Helix's keys (helix-rest §3.2). */
export class DesktopConnectionDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty() connected_at!: string;
  @ApiProperty({ description: 'The last sign of life' }) last_ping!: string;
  @ApiProperty({ enum: ['connected'] }) status!: 'connected';
}

@ApiTags('external agents')
@ApiBearerAuth()
@Controller('api/v1/external-agents/connections')
@Access('user')
export class DesktopConnectionsController {
  constructor(
    private readonly presence: RunnerPresence,
    private readonly agents: ExternalAgentService,
  ) {}

  @Get()
  @ApiOperation({ summary: "The caller's desktops that hold their links now, by session" })
  @ApiOkResponse({ type: [DesktopConnectionDto] })
  async list(
    @CurrentUser() user: UserPrincipal,
    @Query() query: ListConnectionsDto,
  ): Promise<readonly DesktopConnectionDto[]> {
    const isEverybodys = user.isAdmin && query.all === 'true';
    const own = isEverybodys ? undefined : await this.activeSessionsOf(user.userId);
    const links = this.presence
      .list()
      .filter((runner): runner is ConnectedRunner => runner.kind === 'sandbox' && runner.state === 'connected')
      .filter((runner) => own?.has(runner.subject) ?? true)
      .sort((one, other) => (one.subject < other.subject ? -1 : 1));
    const page = pageOf(query);
    // All of them, unless pages are asked for: Helix's clients know of none here.
    const listed = query.page_size === undefined ? links : links.slice(page.offset, page.offset + page.size);
    return listed.map((link) => ({
      session_id: link.subject,
      connected_at: link.connectedAt.toISOString(),
      last_ping: link.stats.lastSeenAt.toISOString(),
      status: 'connected',
    }));
  }

  private async activeSessionsOf(ownerId: string): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    const pageSize = EXTERNAL_AGENT_LIMITS.pageSizeMax;
    for (let page = 0; ; page += 1) {
      const { sessions, totalCount } = await this.agents.list({ ownerId, activeOnly: true, page, pageSize });
      for (const session of sessions) ids.add(session.id);
      if (sessions.length < pageSize || ids.size >= totalCount) return ids;
    }
  }
}
