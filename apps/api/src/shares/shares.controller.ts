import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import {
  EXTERNAL_AGENT_LIMITS,
  type SessionEntity,
  type SessionId,
  type SessionShareEntity,
  SessionShares,
  SessionStreams,
  VIEWER_ROLES,
  type ViewerRole,
} from '@helix/external-agent';
import type { Request } from 'express';
import type { Logger } from 'pino';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { createSecretToken, hashSecret } from '../access/secret-token.js';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { ApiError } from '../errors/api-error.js';
import { LOGGER } from '../logging/logging.module.js';
import { requestIdOf } from '../logging/request-id.js';
import { USER_ID, USER_ID_RULE } from '../config/identity-settings.js';
import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';

const LIFE_DEFAULT_S = EXTERNAL_AGENT_LIMITS.shareLifeDefaultMs / 1_000;
const LIFE_MAX_S = EXTERNAL_AGENT_LIMITS.shareLifeMaxMs / 1_000;

@RefusesUnknownKeys()
export class CreateShareDto {
  @ApiProperty({ enum: VIEWER_ROLES, description: 'To watch, or to work with the desktop too' })
  @IsIn(VIEWER_ROLES)
  role!: ViewerRole;

  @ApiPropertyOptional({ description: 'With whom; absent for a link, which is for who holds it', example: 'bob' })
  @IsOptional()
  @IsString()
  @Matches(USER_ID, { message: `user_id ${USER_ID_RULE}` })
  user_id?: string;

  @ApiPropertyOptional({ maxLength: EXTERNAL_AGENT_LIMITS.shareLabelMaxLength, example: 'for the review' })
  @IsOptional()
  @IsString()
  @MaxLength(EXTERNAL_AGENT_LIMITS.shareLabelMaxLength)
  label?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: LIFE_MAX_S, default: LIFE_DEFAULT_S, description: 'Seconds' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LIFE_MAX_S)
  expires_in_s?: number;
}

export class ShareDto {
  @ApiProperty({ example: 'shr_01kata7wrce3cd5j3hg5ttvjw6' }) id!: string;
  @ApiProperty({ enum: VIEWER_ROLES }) role!: ViewerRole;
  @ApiProperty({ type: String, nullable: true, description: 'With whom; null for a link, which is for who holds it' })
  user_id!: string | null;
  @ApiProperty() label!: string;
  @ApiProperty({ description: 'Who shared it' }) created_by!: string;
  @ApiProperty() created_at!: string;
  @ApiProperty() expires_at!: string;
}

export class CreatedShareDto extends ShareDto {
  @ApiPropertyOptional({ description: 'Of a link: the token itself; shown this once', example: 'hs-…' }) token?: string;
  @ApiPropertyOptional({ description: 'Of a link: what to hand on' }) url?: string;
  @ApiProperty({ enum: [false], description: 'What `view` means is kept by this API, and not by the host’s stream' })
  view_only_enforced!: boolean;
  @ApiPropertyOptional({ description: 'Of a share to watch: what that does not prevent' }) note?: string;
}

function toShareDto(share: SessionShareEntity): ShareDto {
  return {
    id: share.id,
    role: share.role,
    user_id: share.granteeUserId,
    label: share.label,
    created_by: share.createdBy,
    created_at: share.createdAt.toISOString(),
    expires_at: share.expiresAt.toISOString(),
  };
}

const VIEW_NOTE =
  'Moonlight carries input from the browser to the host directly, so that a modified client could still send input.';

/** With whom an owner shares a session. */
@ApiTags('shares')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/sessions/:id/shares')
@Access('session-owner')
export class SharesController {
  constructor(
    private readonly shares: SessionShares,
    private readonly streams: SessionStreams,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Share a session with a user, or by a link; the answer is the only place where its token is ever shown',
    description: 'A user has one share of a session: another one for the same user replaces its role, label and end.',
  })
  @ApiCreatedResponse({ type: CreatedShareDto })
  async create(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() body: CreateShareDto,
    @Req() request: Request,
  ): Promise<CreatedShareDto> {
    const token = body.user_id === undefined ? createSecretToken('share') : undefined;
    const share = await this.shares.create(session.id, {
      createdBy: user.userId,
      role: body.role,
      holder: token === undefined ? { userId: body.user_id ?? '' } : { tokenHash: hashSecret(token) },
      label: body.label,
      lifeMs: body.expires_in_s === undefined ? undefined : body.expires_in_s * 1_000,
    });
    this.logger.info(
      {
        ...recordOf(user, session.id, share.id, request),
        role: share.role,
        withUserId: share.granteeUserId,
        expiresAt: share.expiresAt.toISOString(),
      },
      'a session is shared',
    );
    const isEnforced = this.streams.enforcesViewOnly(session);
    return Object.assign(toShareDto(share), {
      ...(token !== undefined && { token, url: this.pageOf(session, token) }),
      view_only_enforced: isEnforced,
      ...(share.role === 'view' && !isEnforced && { note: VIEW_NOTE }),
    });
  }

  @Get()
  @ApiOperation({ summary: 'List the shares that open something now, newest first, without their tokens' })
  @ApiOkResponse({ type: [ShareDto] })
  async list(@CurrentSession() session: SessionEntity): Promise<readonly ShareDto[]> {
    return (await this.shares.list(session.id)).map(toShareDto);
  }

  @Delete(':shareId')
  @HttpCode(204)
  @ApiParam({ name: 'shareId', example: 'shr_01kata7wrce3cd5j3hg5ttvjw6' })
  @ApiOperation({ summary: 'End a share, at once and everywhere; ending it twice is a success' })
  @ApiNoContentResponse()
  async revoke(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Param('shareId') shareId: string,
    @Req() request: Request,
  ): Promise<void> {
    if (!(await this.shares.revoke(session.id, shareId))) throw new ApiError('NOT_FOUND', 'no such share');
    this.logger.info(recordOf(user, session.id, shareId, request), 'a share of a session is revoked');
  }

  /** In the fragment, which browsers do not send, so that no proxy's log has the token. */
  private pageOf(session: SessionEntity, token: string): string {
    return `${this.config.serverUrl}/console/sessions/${session.id}#share=${token}`;
  }
}

/** Who did what, from where; never the token. */
function recordOf(
  user: UserPrincipal,
  sessionId: SessionId,
  shareId: string,
  request: Request,
): Readonly<Record<string, unknown>> {
  return {
    audit: 'session-share',
    userId: user.userId,
    sessionId,
    shareId,
    address: request.ip,
    requestId: requestIdOf(request),
  };
}
