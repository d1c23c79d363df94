import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { WolfInstanceRegistry } from '@helix/scheduler';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { JsonBody } from '../input/body.guard.js';
import { API_LIMITS } from '../limits.js';
import { HEARTBEAT_SCHEMA } from './heartbeat-schema.js';
import { HeartbeatBody } from './heartbeat-body.decorator.js';
import { RegisterWolfInstanceDto } from './register-wolf-instance.dto.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

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
