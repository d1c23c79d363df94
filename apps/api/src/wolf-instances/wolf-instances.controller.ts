import {
  Body,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  HttpCode,
  Param,
  Post,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import { WolfInstanceRegistry } from '@helix/scheduler';
import type { Request } from 'express';
import { IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { JsonBody } from '../input/body.guard.js';
import { API_LIMITS } from '../limits.js';
import { AbsentWhenEmpty, LowerCase } from '../input/lenient-text.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

const COUNT = { type: 'integer', minimum: 0 } as const;

/** What hosts of any age may say of themselves. */
const HEARTBEAT_SCHEMA = {
  type: 'object',
  description:
    'All optional; null is as good as absent, and keys that are not known are passed over. One that is known and malformed has the whole heartbeat refused',
  properties: {
    sway_version: { type: 'string' },
    desktop_versions: { type: 'object', additionalProperties: { type: 'string' } },
    helix_version: { type: 'string' },
    gpu_vendor: { type: 'string' },
    gpu_type: { type: 'string' },
    gpus: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' }, memory_mb: COUNT, encoder_sessions: COUNT } },
    },
    render_node: { type: 'string' },
    max_sandboxes: COUNT,
    disk_usage: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          mount_point: { type: 'string' },
          total_bytes: COUNT,
          used_bytes: COUNT,
          avail_bytes: COUNT,
          used_percent: { type: 'number' },
          alert_level: { type: 'string', example: 'warning' },
        },
      },
    },
    container_usage: {
      type: 'array',
      items: {
        type: 'object',
        properties: { container_id: { type: 'string' }, container_name: { type: 'string' }, size_bytes: COUNT },
      },
    },
  },
} as const;

/**
 * The body of a heartbeat as it came, past the checks of other bodies: who reads it knows which fields count, and refuses it
 * with the names of all that are faulty. What is no JSON at all is refused before.
 */
const HeartbeatBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  return context.switchToHttp().getRequest<Request>().body;
});

export class RegisterWolfInstanceDto {
  @ApiPropertyOptional({
    description: 'Given: the same id is always the same row. Absent: the row of this name and address',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
    message: 'id must be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit',
  })
  id?: string;

  @ApiProperty()
  @IsString({ message: 'name is required' })
  @Length(1, 200)
  name!: string;

  @ApiProperty()
  @IsString({ message: 'address is required' })
  @Length(1, 300)
  address!: string;

  @ApiPropertyOptional({ minimum: 0, maximum: 10_000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  max_sandboxes?: number;

  @ApiPropertyOptional({ example: 'RTX 4090' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  gpu_type?: string;

  @ApiPropertyOptional({ example: 'nvidia' })
  @AbsentWhenEmpty()
  @LowerCase()
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,32}$/, { message: 'gpu_vendor must be a word such as nvidia, amd or intel' })
  gpu_vendor?: string;

  @ApiPropertyOptional({ example: '/dev/dri/renderD128' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  render_node?: string;

  @ApiPropertyOptional({ description: 'Version of the desktop image on the host' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  sway_version?: string;
}

const OK_SCHEMA = { type: 'object', properties: { status: { type: 'string', example: 'ok' } } } as const;
interface Ok {
  readonly status: 'ok';
}

const HEARTBEAT_BODY = {
  maxBytes: API_LIMITS.heartbeatBodyMaxBytes,
  maxKeys: API_LIMITS.heartbeatBodyMaxKeys,
  maxValues: API_LIMITS.heartbeatBodyMaxValues,
};

/** The registry of GPU hosts. Hosts write it with their runner token, admins read it. */
@ApiTags('wolf instances')
@ApiBearerAuth()
@Controller('api/v1')
export class WolfInstancesController {
  constructor(private readonly registry: WolfInstanceRegistry) {}

  @Post('wolf-instances/register')
  @Access('host')
  @HttpCode(200)
  @ApiOperation({ summary: 'Register a host, or bring its row up to date' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async register(@Body() body: RegisterWolfInstanceDto): Promise<WolfInstanceDto> {
    const instance = await this.registry.register({
      ...(body.id !== undefined && { id: body.id }),
      name: body.name,
      address: body.address,
      ...(body.max_sandboxes !== undefined && { maxSandboxes: body.max_sandboxes }),
      ...(body.gpu_type !== undefined && { gpuType: body.gpu_type }),
      ...(body.gpu_vendor !== undefined && { gpuVendor: body.gpu_vendor }),
      ...(body.render_node !== undefined && { renderNode: body.render_node }),
      ...(body.sway_version !== undefined && { swayVersion: body.sway_version }),
    });
    return toWolfInstanceDto(instance);
  }

  @Post('wolf-instances/:id/heartbeat')
  @Access('host')
  @JsonBody(HEARTBEAT_BODY)
  @HttpCode(200)
  @ApiOperation({ summary: 'A host says that it is there, and what has changed' })
  @ApiBody({ schema: HEARTBEAT_SCHEMA, required: false })
  @ApiOkResponse({ schema: OK_SCHEMA })
  async heartbeat(@Param('id') id: string, @HeartbeatBody() body: unknown): Promise<Ok> {
    const isKnown = await this.registry.heartbeat(id, body);
    if (!isKnown) throw new ApiError('NOT_FOUND', 'Wolf instance not found');
    return { status: 'ok' };
  }

  /** The later hosts' path. They do not expect 404 for a host that has not registered yet (helix-rest §4.1). */
  @Post('sandboxes/:id/heartbeat')
  @Access('host')
  @JsonBody(HEARTBEAT_BODY)
  @HttpCode(200)
  @ApiOperation({ summary: 'The same, as later hosts send it; an unknown id is no error' })
  @ApiBody({ schema: HEARTBEAT_SCHEMA, required: false })
  @ApiOkResponse({ schema: OK_SCHEMA })
  async sandboxHeartbeat(@Param('id') id: string, @HeartbeatBody() body: unknown): Promise<Ok> {
    await this.registry.heartbeat(id, body);
    return { status: 'ok' };
  }

  @Get('wolf-instances')
  @Access('admin')
  @ApiOperation({ summary: 'List hosts, newest first' })
  @ApiOkResponse({ type: [WolfInstanceDto] })
  async list(): Promise<readonly WolfInstanceDto[]> {
    const instances = await this.registry.list();
    return instances.map(toWolfInstanceDto);
  }
}
