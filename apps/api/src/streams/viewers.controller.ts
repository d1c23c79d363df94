import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { SessionActivity, SessionStreams, type SessionEntity } from '@helix/external-agent';
import { Access, CurrentSession } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { toViewerDto, ViewersDto } from './viewer.dto.js';

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
  @ApiOperation({ summary: 'Ends a stream; its viewer may come back unless what lets him in is revoked' })
  @ApiNoContentResponse()
  remove(@CurrentSession() session: SessionEntity, @Param('viewerId') viewerId: string): void {
    if (!this.streams.remove(session.id, viewerId)) throw new ApiError('NOT_FOUND', 'no such viewer');
  }

  @Post('activity')
  @HttpCode(204)
  @Access('session-controller')
  @ApiOperation({ summary: 'Says that somebody works with the desktop, so that it does not count as idle' })
  @ApiNoContentResponse()
  async work(@CurrentSession() session: SessionEntity): Promise<void> {
    await this.activity.note(session.id);
  }
}
