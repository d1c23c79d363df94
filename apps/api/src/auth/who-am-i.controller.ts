import { Controller, Get, Inject, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { accessTokenOf } from '@helix/revdial';
import type { Request } from 'express';
import type { ApiConfig } from '../config/api-config.js';
import { API_CONFIG } from '../config/config.module.js';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { Admission } from './admission.js';
import { mayHoldSecret } from './other-site.js';
import { KEY_PREFIX } from '../access/secret-token.js';

export class AuthenticatedDto {
  @ApiProperty() authenticated!: boolean;
}

export class WhoAmIDto {
  @ApiProperty() id!: string;
  @ApiProperty({ description: 'As the OIDC provider says; empty for keys' }) email!: string;
  @ApiProperty({
    description:
      'The token that was presented, for scripts of our pages, which cannot read its cookie; empty for a key in a header, and ' +
      'where the answer is opened in a window or asked for by another site',
  })
  token!: string;
  @ApiProperty({ description: 'As the OIDC provider says; the user id where it says none' }) name!: string;
}

export class StatusDto {
  @ApiProperty() admin!: boolean;
  @ApiProperty({ description: 'User id' }) user!: string;
  @ApiProperty({ description: 'The user id as it may stand in a path' }) slug!: string;
  @ApiProperty({ type: Object, description: 'Settings of the user; none so far' }) config!: Record<string, unknown>;
}

/** What the frontend asks to know whether, and as whom, it is logged in (helix-rest §1.4). */
@ApiTags('auth')
@ApiBearerAuth()
@Controller('api/v1')
export class WhoAmIController {
  constructor(
    private readonly admission: Admission,
    @Inject(API_CONFIG) private readonly config: ApiConfig,
  ) {}

  @Get('auth/authenticated')
  @Access('public')
  @ApiOperation({ summary: 'Does the request bring the token of a person? 503 while that cannot be told' })
  @ApiOkResponse({ type: AuthenticatedDto })
  async authenticated(@Req() request: Request): Promise<AuthenticatedDto> {
    const caller = await this.admission.identify({ request });
    return { authenticated: caller?.principal?.kind === 'user' };
  }

  @Get('auth/user')
  @Access('user')
  @ApiOperation({ summary: 'Who the caller is' })
  @ApiOkResponse({ type: WhoAmIDto })
  user(@CurrentUser() user: UserPrincipal, @Req() request: Request): WhoAmIDto {
    const presented = accessTokenOf(request);
    // A script of the page sets it as Bearer for what it does not send by cookie. A program that brings a key in a header has
    // it, so that is not repeated.
    const isKeyOfAProgram = presented?.from === 'header' && presented.token.startsWith(KEY_PREFIX.user);
    const isTold = !isKeyOfAProgram && mayHoldSecret(request, this.config);
    return {
      id: user.userId,
      email: user.profile?.email ?? '',
      token: isTold ? (presented?.token ?? '') : '',
      name: user.profile?.name === undefined || user.profile.name === '' ? user.userId : user.profile.name,
    };
  }

  @Get('status')
  @Access('user')
  @ApiOperation({ summary: 'Who the caller is, and whether an admin' })
  @ApiOkResponse({ type: StatusDto })
  status(@CurrentUser() user: UserPrincipal): StatusDto {
    return { admin: user.isAdmin, user: user.userId, slug: slugOf(user.userId), config: {} };
  }
}

function slugOf(userId: string): string {
  return userId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
