import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { uiAppOf } from '@helix/external-agent';
import { IsString, MaxLength } from 'class-validator';
import type { Response } from 'express';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { SessionHost } from './session-host.js';
import { toWolfHealthDto, WolfHealthDto } from './wolf-health.dto.js';
import { WolfHosts } from './wolf-hosts.js';
import { WolfInstanceQueryDto } from './wolf-instance-query.dto.js';
import { WolfReports } from './wolf-reports.js';

class SessionQueryDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
  @IsString({ message: 'session_id is required' })
  @MaxLength(200)
  session_id!: string;
}

class UiAppIdDto {
  @ApiProperty({ example: '134906179' }) wolf_ui_app_id!: string;
}

@ApiTags('wolf')
@ApiBearerAuth()
@Controller('api/v1/wolf')
export class WolfController {
  constructor(
    private readonly hosts: WolfHosts,
    private readonly sessionHost: SessionHost,
    private readonly reports: WolfReports,
  ) {}

  @Get('health')
  @Access('admin')
  @ApiOperation({ summary: "A host's Wolf as it judges itself, at most five seconds old" })
  @ApiOkResponse({ type: WolfHealthDto })
  async health(
    @Query() query: WolfInstanceQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WolfHealthDto> {
    const signal = whenCallerLeaves(response);
    const wolfInstanceId = await this.hosts.named(query.wolf_instance_id);
    return toWolfHealthDto(await this.reports.health.get(wolfInstanceId, signal));
  }

  @Get('ui-app-id')
  @Access('user')
  @ApiOperation({ summary: "The app on the session's host that a viewer connects to first" })
  @ApiOkResponse({ type: UiAppIdDto })
  async uiAppId(
    @CurrentUser() user: UserPrincipal,
    @Query() query: SessionQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<UiAppIdDto> {
    const signal = whenCallerLeaves(response);
    const { wolfInstanceId } = await this.sessionHost.of(query.session_id, user);
    const apps = await this.reports.apps.get(wolfInstanceId, signal);
    const app = uiAppOf(apps);
    if (app === undefined) throw new ApiError('NOT_FOUND', 'the host has no app to connect to');
    return { wolf_ui_app_id: app.id };
  }
}
