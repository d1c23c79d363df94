import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ReplicaPresence } from '@helix/scheduler';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { ApiKeyDto, CreatedApiKeyDto, toApiKeyDto } from './api-key.dto.js';
import { ApiKeysService } from './api-keys.service.js';
import { CreatePersonalApiKeyDto } from './personal-api-key.dto.js';

/** Keys which people make for themselves. None of them is an admin's by itself. */
@ApiTags('api keys')
@ApiBearerAuth()
@Controller('api/v1/api_keys')
@Access('user')
export class PersonalApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly replica: ReplicaPresence,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List your own keys, newest first, without their secrets' })
  @ApiOkResponse({ type: [ApiKeyDto] })
  async list(@CurrentUser() user: UserPrincipal): Promise<readonly ApiKeyDto[]> {
    return (await this.keys.listOf(user.userId)).map(toApiKeyDto);
  }

  @Post()
  @ApiOperation({
    summary: 'Make a key for yourself; the answer is the only place where it is ever shown',
    description: 'A key that ends makes no key that ends later.',
  })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  async create(@CurrentUser() user: UserPrincipal, @Body() body: CreatePersonalApiKeyDto): Promise<CreatedApiKeyDto> {
    const { entity, secret } = await this.keys.create({
      ownerId: user.userId,
      name: body.name ?? 'key',
      isAdmin: false,
      expiresAt: notAfter(user.keyExpiresAt, endOf(body, this.replica.now())),
    });
    return Object.assign(toApiKeyDto(entity), { key: secret });
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key of your own, or as an admin anybody’s; at once and everywhere' })
  @ApiNoContentResponse()
  async revoke(@CurrentUser() user: UserPrincipal, @Param('id') id: string): Promise<void> {
    await this.keys.revoke(id, user.isAdmin ? undefined : user.userId);
  }
}

function endOf({ expires_at: at, expires_in_seconds: seconds }: CreatePersonalApiKeyDto, now: Date): Date | null {
  if (at !== undefined && seconds !== undefined) {
    throw new ApiError('INVALID_REQUEST', 'expires_at and expires_in_seconds say the same; give one of them');
  }
  if (seconds !== undefined) return new Date(now.getTime() + seconds * 1_000);
  if (at === undefined) return null;
  const end = new Date(at);
  // Not every form of ISO 8601 is one that JavaScript reads.
  if (!(end > now)) {
    throw new ApiError('INVALID_REQUEST', 'expires_at must be a time in the future, as in RFC 3339');
  }
  return end;
}

/** A leaked key that ends must not live on in one that it made. */
function notAfter(limit: Date | null | undefined, end: Date | null): Date | null {
  if (limit === null || limit === undefined) return end;
  return end === null || end > limit ? limit : end;
}
