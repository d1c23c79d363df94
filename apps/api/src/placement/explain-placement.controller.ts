import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService, isSessionId, placementRequestOf } from '@helix/external-agent';
import { PlacementService, type PlacementRequest } from '@helix/scheduler';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { ExplainPlacementDto } from './explain-placement.dto.js';
import { PlacementDto, toPlacementDto } from './placement.dto.js';

@ApiTags('admin')
@ApiBearerAuth()
@Controller('api/v1/admin/placement')
@Access('admin')
export class ExplainPlacementController {
  constructor(
    private readonly placements: PlacementService,
    private readonly agents: ExternalAgentService,
  ) {}

  @Post('explain')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Where a session would be placed now, and what speaks against each host; nothing is placed',
  })
  @ApiOkResponse({ type: PlacementDto })
  async explain(@Body() body: ExplainPlacementDto): Promise<PlacementDto> {
    const request = {
      ...(body.session_id !== undefined && (await this.requestOf(body.session_id))),
      ...(body.gpu_vendor !== undefined && { gpuVendor: body.gpu_vendor }),
      ...(body.host_labels !== undefined && { labels: body.host_labels }),
      ...(body.image !== undefined && { image: body.image }),
      ...(body.preferred_wolf_instance_id !== undefined && { preferredInstanceId: body.preferred_wolf_instance_id }),
    };
    return toPlacementDto(await this.placements.explain(request));
  }

  private async requestOf(sessionId: string): Promise<Omit<PlacementRequest, 'sessionId'>> {
    if (!isSessionId(sessionId)) throw new ApiError('SESSION_NOT_FOUND', 'Session not found');
    return placementRequestOf(await this.agents.get(sessionId));
  }
}
