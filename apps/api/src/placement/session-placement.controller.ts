import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { SessionEntity } from '@helix/external-agent';
import { PlacementService } from '@helix/scheduler';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { SessionPlacementDto, toPlacementDto, toPlacementSummary } from './placement.dto.js';

/** Where a session is, or why it is nowhere. Its owner learns how many hosts it could run on, an admin which. */
@ApiTags('sessions')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/sessions/:id/placement')
@Access('session-owner')
export class SessionPlacementController {
  constructor(private readonly placements: PlacementService) {}

  @Get()
  @ApiOperation({ summary: 'Why the session is where it is, or nowhere: the last decision about it' })
  @ApiOkResponse({ type: SessionPlacementDto })
  async read(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
  ): Promise<SessionPlacementDto> {
    const decision = await this.placements.decisionOf(session.id);
    if (decision === undefined) {
      throw new ApiError('NOT_FOUND', 'nothing was decided lately about where the session runs');
    }
    if (user.isAdmin) return Object.assign(toPlacementDto(decision), { session_id: session.id });
    const chosenId = decision.chosen?.id;
    return Object.assign(toPlacementSummary(decision), {
      session_id: session.id,
      ...(chosenId !== undefined && chosenId === session.wolfInstanceId && { wolf_instance_id: chosenId }),
    });
  }
}
