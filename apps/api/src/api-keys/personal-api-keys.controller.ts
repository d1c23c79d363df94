import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { ReplicaPresence } from '@helix/scheduler';
import { Equals, IsIn, IsInt, IsISO8601, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { Access, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';
import { API_LIMITS } from '../limits.js';
import { ApiKeyDto, CreatedApiKeyDto, toApiKeyDto } from './api-key.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@RefusesUnknownKeys()
export class CreatePersonalApiKeyDto {
  @ApiPropertyOptional({ example: 'laptop' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string;

  @ApiPropertyOptional({ description: 'RFC 3339; the key counts for nothing from then on' })
  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string;

  @ApiPropertyOptional({ description: 'Instead of `expires_at`', minimum: 1, maximum: API_LIMITS.keyLifeMaxS })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(API_LIMITS.keyLifeMaxS)
  expires_in_seconds?: number;

  @ApiPropertyOptional({
    enum: ['api'],
    description: 'A personal key, which opens all that is yours; there is no other',
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsIn(['api'], { message: 'type must be api: every key made here opens all that is yours, and none is for an app' })
  type?: string;

  @ApiPropertyOptional({ description: 'Refused unless empty: a key made here would not be bound to the app' })
  @AbsentWhenEmpty()
  @IsOptional()
  @Equals(undefined, {
    message: 'app_id is not taken here: an admin makes keys for apps (POST /api/v1/admin/api-keys)',
  })
  app_id?: string;
}

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
  @ApiOperation({ summary: 'Revoke a key of your own, or as an admin any user’s; at once and everywhere' })
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
