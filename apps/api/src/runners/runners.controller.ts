import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { RunnerPresence } from '@helix/revdial';
import { IsIn, IsOptional } from 'class-validator';
import { Access } from '../access/access.decorator.js';
import { PageQueryDto, pageOf } from '../input/page-query.dto.js';
import { RunnerHosts } from './runner-hosts.js';
import { RunnerListDto, toRunnerDto } from './runner.dto.js';

class ListRunnersDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: ['wolf', 'moonlight', 'hydra', 'sandbox'] })
  @IsOptional()
  @IsIn(['wolf', 'moonlight', 'hydra', 'sandbox'])
  kind?: string;
}

@ApiTags('admin')
@ApiBearerAuth()
@Controller('api/v1/admin/runners')
@Access('admin')
export class RunnersController {
  constructor(
    private readonly presence: RunnerPresence,
    private readonly hosts: RunnerHosts,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Every runner that is connected or in its grace period, by id' })
  @ApiOkResponse({ type: RunnerListDto })
  async list(@Query() query: ListRunnersDto): Promise<RunnerListDto> {
    const runners = this.presence
      .list()
      .filter((runner) => query.kind === undefined || runner.kind === query.kind)
      .sort((one, other) => (one.runnerId < other.runnerId ? -1 : 1));
    const page = pageOf(query);
    // All of them, unless pages are asked for: a client that looks for one runner need not know of pages.
    const listed = query.page_size === undefined ? runners : runners.slice(page.offset, page.offset + page.size);
    const hosts = await this.hosts.of(listed);
    return {
      runners: listed.map((runner) => toRunnerDto(runner, hosts.get(runner.runnerId))),
      total: runners.length,
    };
  }
}
