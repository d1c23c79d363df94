import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ReplicaPresence } from '@helix/scheduler';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { PageQueryDto, pageOf } from '../input/page-query.dto.js';
import { ApiKeyDto, CreateApiKeyDto, CreatedApiKeyDto, toApiKeyDto } from './api-key.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('admin')
@ApiBearerAuth()
@Controller('api/v1/admin/api-keys')
@Access('admin')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly replica: ReplicaPresence,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make a key for a user; the answer is the only place where it is ever shown' })
  @ApiCreatedResponse({ type: CreatedApiKeyDto })
  async create(@Body() body: CreateApiKeyDto): Promise<CreatedApiKeyDto> {
    const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at);
    // Not every form of ISO 8601 is one that JavaScript reads.
    if (expiresAt !== null && !(expiresAt > this.replica.now())) {
      throw new ApiError('INVALID_REQUEST', 'expires_at must be a time in the future, as in RFC 3339');
    }
    if (body.app_id !== undefined && body.admin === true) {
      throw new ApiError('INVALID_REQUEST', 'a key for an app is no key of an admin');
    }
    const { entity, secret } = await this.keys.create({
      ownerId: body.user_id,
      name: body.name ?? 'key',
      isAdmin: body.admin ?? false,
      expiresAt,
      appId: body.app_id ?? null,
    });
    return Object.assign(toApiKeyDto(entity), { key: secret });
  }

  @Get()
  @ApiOperation({ summary: 'List keys, newest first, without their secrets' })
  @ApiOkResponse({ type: [ApiKeyDto] })
  async list(@Query() query: PageQueryDto): Promise<readonly ApiKeyDto[]> {
    const page = pageOf(query);
    const keys = await this.keys.list({ offset: page.offset, limit: page.size });
    return keys.map(toApiKeyDto);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key' })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string): Promise<void> {
    await this.keys.revoke(id);
  }
}
