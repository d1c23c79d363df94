import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Access } from '../access/access.decorator.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { httpAnswerOf } from '../errors/status-by-code.js';
import { WolfHosts, WolfInstanceQueryDto } from '../wolf/wolf-hosts.js';
import { WolfReports } from '../wolf/wolf-reports.js';
import { EventStreams } from './event-streams.js';
import { SandboxesDebugDto, toSandboxesDebugDto } from './sandboxes-debug.dto.js';

/** What admins see of a host's Wolf. */
@ApiTags('agent sandboxes')
@ApiBearerAuth()
@Controller('api/v1/admin/agent-sandboxes')
@Access('admin')
export class AgentSandboxesController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly reports: WolfReports,
    private readonly events: EventStreams,
  ) {}

  @Get('debug')
  @ApiOperation({ summary: 'Everything that stands on a host; parts that cannot be read are left out' })
  @ApiOkResponse({ type: SandboxesDebugDto })
  async debug(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SandboxesDebugDto> {
    const signal = whenCallerLeaves(response);
    const id = await this.hosts.named(query.wolf_instance_id);
    const errors: Record<string, string> = {};
    const part = async <T>(name: string, answer: Promise<T>): Promise<T | undefined> => {
      try {
        return await answer;
      } catch (error) {
        errors[name] = httpAnswerOf(error)?.code ?? 'INTERNAL';
        return undefined;
      }
    };
    const [memory, apps, lobbies, sessions] = await Promise.all([
      part('memory', this.reports.memory.get(id, signal)),
      part('apps', this.reports.apps.get(id, signal)),
      part('lobbies', this.reports.lobbies.get(id, signal)),
      part('sessions', this.reports.sessions.get(id, signal)),
    ]);
    return toSandboxesDebugDto({ memory, apps, lobbies, sessions, errors });
  }

  @Get('events')
  @ApiOperation({ summary: "A host's events as they happen, by their ids and without secrets" })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ schema: { type: 'string' } })
  async stream(@Query() query: WolfInstanceQueryDto, @Res() response: Response): Promise<void> {
    this.events.open(await this.hosts.named(query.wolf_instance_id), response);
  }
}
