import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Access } from '../access/access.decorator.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { WolfHosts } from '../wolf/wolf-hosts.js';
import { WolfInstanceQueryDto } from '../wolf/wolf-instance-query.dto.js';
import { MoonlightReports } from './moonlight-reports.js';
import { MoonlightStatusDto, toMoonlightStatusDto } from './moonlight-status.dto.js';

/** The streams of a host. Its `wolf_instance_id` must be named, which Helix's page does. */
@ApiTags('moonlight')
@ApiBearerAuth()
@Controller('api/v1/moonlight/status')
@Access('admin')
export class MoonlightStatusController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly reports: MoonlightReports,
  ) {}

  @Get()
  @ApiOperation({ summary: "The streams of a host's Moonlight Web, at most a second old" })
  @ApiOkResponse({ type: MoonlightStatusDto })
  async read(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MoonlightStatusDto> {
    const signal = whenCallerLeaves(response);
    const wolfInstanceId = await this.hosts.named(query.wolf_instance_id);
    return toMoonlightStatusDto(await this.reports.status.get(wolfInstanceId, signal));
  }
}
