import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { SessionActivity, type SessionEntity, SessionStreams, type ViewerStatus } from '@helix/external-agent';
import { Access, CurrentSession } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';

export class ViewerQualityDto {
  @ApiProperty() width!: number;
  @ApiProperty() height!: number;
  @ApiProperty() fps!: number;
  @ApiProperty({ description: 'What the viewer asked for, in kbit/s' }) bitrate_kbps!: number;
}

/** One who watches. */
export class ViewerDto {
  @ApiProperty({ example: '5f3c0a9b1d2e4f607182' }) id!: string;
  @ApiProperty({ type: String, nullable: true, description: 'Null for one who came by a share link' })
  user_id!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The share link by which the viewer came' })
  share_id!: string | null;
  @ApiProperty({ enum: ['view', 'control'] }) role!: string;
  @ApiProperty({ description: 'Something keeps the input of one who may only watch from the desktop' })
  view_only_enforced!: boolean;
  @ApiProperty() since!: string;
  @ApiProperty({ enum: ['connecting', 'connected', 'unstable', 'reconnecting'] }) state!: string;
  @ApiProperty({ type: ViewerQualityDto, nullable: true }) quality!: ViewerQualityDto | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Between viewer and control plane, in milliseconds' })
  round_trip_ms!: number | null;
}

export class ViewersDto {
  @ApiProperty({ type: [ViewerDto] }) viewers!: ViewerDto[];
}

function toViewerDto({ holder, settings, ...status }: ViewerStatus): ViewerDto {
  return {
    id: status.viewerId,
    user_id: holder.kind === 'user' ? holder.userId : null,
    share_id: holder.kind === 'share' ? holder.shareId : null,
    role: status.role,
    view_only_enforced: status.isViewOnlyEnforced,
    since: status.since.toISOString(),
    state: status.state,
    quality:
      settings === undefined
        ? null
        : {
            width: settings.width,
            height: settings.height,
            fps: settings.fps,
            bitrate_kbps: settings.bitrateKbps,
          },
    round_trip_ms: status.roundTripMs === undefined ? null : Math.round(status.roundTripMs * 10) / 10,
  };
}

@ApiTags('streams')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/sessions/:id')
export class ViewersController {
  constructor(
    private readonly streams: SessionStreams,
    private readonly activity: SessionActivity,
  ) {}

  @Get('viewers')
  @Access('session-owner')
  @ApiOperation({ summary: 'Who watches the desktop through this replica, since when, and how well' })
  @ApiOkResponse({ type: ViewersDto })
  list(@CurrentSession() session: SessionEntity): ViewersDto {
    return { viewers: this.streams.viewersOf(session.id).map(toViewerDto) };
  }

  @Delete('viewers/:viewerId')
  @HttpCode(204)
  @Access('session-owner')
  @ApiParam({ name: 'viewerId', example: '5f3c0a9b1d2e4f607182' })
  @ApiOperation({ summary: 'Ends a stream; its viewer may come back unless the access is revoked' })
  @ApiNoContentResponse()
  remove(@CurrentSession() session: SessionEntity, @Param('viewerId') viewerId: string): void {
    if (!this.streams.remove(session.id, viewerId)) throw new ApiError('NOT_FOUND', 'no such viewer');
  }

  @Post('activity')
  @HttpCode(204)
  @Access('session-controller')
  @ApiOperation({ summary: 'Reports work with the desktop, so that it does not count as idle' })
  @ApiNoContentResponse()
  async work(@CurrentSession() session: SessionEntity): Promise<void> {
    await this.activity.note(session.id);
  }
}
