import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiProperty, ApiTags } from '@nestjs/swagger';
import {
  SESSION_STATES,
  SessionStreams,
  VIEWER_ROLES,
  type SessionAccess,
  type SessionEntity,
  type SessionState,
  type ViewerRole,
} from '@helix/external-agent';
import { Access, CurrentAccess, CurrentSession } from '../access/access.decorator.js';

export class SessionDisplayDto {
  @ApiProperty() width!: number;
  @ApiProperty() height!: number;
  @ApiProperty() refresh_rate!: number;
}

export class SessionAccessDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ enum: SESSION_STATES }) state!: SessionState;
  @ApiProperty({ enum: VIEWER_ROLES }) role!: ViewerRole;
  @ApiProperty({ enum: ['owner', 'admin', 'share'] }) via!: SessionAccess['via'];
  @ApiProperty({ type: String, nullable: true, description: 'When access by a share ends' }) expires_at!: string | null;
  @ApiProperty({
    description: 'The host’s stream keeps the input of a viewer in the role `view` away; else only this API does',
  })
  view_only_enforced!: boolean;
  @ApiProperty({
    type: SessionDisplayDto,
    description: 'What a stream of it has, regardless of what its viewer asks for',
  })
  display!: SessionDisplayDto;
}

/** What a page that shows a session may do there. */
@ApiTags('shares')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/sessions/:id/access')
@Access('session-viewer')
export class SessionAccessController {
  constructor(private readonly streams: SessionStreams) {}

  @Get()
  @ApiOperation({ summary: 'What the caller may do with the session, and by what right' })
  @ApiOkResponse({ type: SessionAccessDto })
  of(@CurrentSession() session: SessionEntity, @CurrentAccess() access: SessionAccess): SessionAccessDto {
    const { width, height, refreshHz } = session.display;
    return {
      session_id: session.id,
      name: session.name,
      state: session.state,
      role: access.role,
      via: access.via,
      expires_at: access.expiresAt?.toISOString() ?? null,
      view_only_enforced: this.streams.enforcesViewOnly(session),
      display: { width, height, refresh_rate: refreshHz },
    };
  }
}
