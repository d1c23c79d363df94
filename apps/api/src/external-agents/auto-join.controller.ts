import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import {
  AutoJoin,
  clientUniqueIdOf,
  SessionActivity,
  viewerIdOf,
  type SessionEntity,
  type SessionId,
} from '@helix/external-agent';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Response } from 'express';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { whenCallerLeaves } from '../input/caller-signal.js';

export class AutoJoinDto {
  @ApiPropertyOptional({ description: 'Which viewer; the one that connected last where it is absent' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(256)
  client_unique_id?: string;
}

export class JoinedDto {
  @ApiProperty() success!: boolean;
  @ApiProperty() lobby_id!: string;
  @ApiProperty() message!: string;
}

@ApiTags('external agents')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id/auto-join-lobby')
@Access('session-owner')
export class AutoJoinController {
  constructor(
    private readonly autoJoin: AutoJoin,
    private readonly activity: SessionActivity,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: "Put the session's viewer into its lobby; one who has only just connected is waited for" })
  @ApiOkResponse({ type: JoinedDto })
  async join(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() body: AutoJoinDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<JoinedDto> {
    const lobbyId = await this.autoJoin.join(session, {
      clientUniqueId: body.client_unique_id,
      givenName: givenNameOf(session.id, user.userId, body.client_unique_id),
      signal: whenCallerLeaves(response),
    });
    await this.activity.note(session.id);
    return { success: true, lobby_id: lobbyId, message: 'joined the lobby' };
  }
}

/**
 * Helix's pages name their viewer `helix-agent-<session>[-<lobby>]-<tab>` and the same tab in the path of their stream; on the host
 * it has the name that it was given here.
 */
function givenNameOf(sessionId: SessionId, userId: string, clientUniqueId: string | undefined): string | undefined {
  const tab = /-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.exec(clientUniqueId ?? '')?.[1];
  return tab === undefined ? undefined : clientUniqueIdOf(sessionId, viewerIdOf({ kind: 'user', userId }, tab));
}
