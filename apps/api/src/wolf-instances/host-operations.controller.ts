import {
  Body,
  Controller,
  createParamDecorator,
  Delete,
  type ExecutionContext,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { ExternalAgentService } from '@helix/external-agent';
import { type HostEdit, HostOperations, type Operator, SCHEDULER_LIMITS, type WolfInstance } from '@helix/scheduler';
import type { Logger } from 'pino';
import type { Request } from 'express';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { Access, type GuardedRequest } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { LOGGER } from '../logging/logging.module.js';
import { RefusesUnknownKeys, refuseUnknownKeys } from '../input/own-keys.pipe.js';
import { assertStorable } from '../input/storable-input.pipe.js';
import { toWolfInstanceDto, WolfInstanceDto } from './wolf-instance.dto.js';

const KEYS: ReadonlySet<string> = new Set([
  'name',
  'labels',
  'max_sandboxes',
  'encoder_sessions_max',
  'video_memory_per_session_mb',
]);

/**
 * Reads an edit; a key that is not listed is refused. What the values may be is for `HostOperations` to say.
 * @throws ApiError INVALID_REQUEST with every field that is of the wrong kind
 */
function parseHostEdit(body: unknown): HostEdit {
  if (body === undefined || body === null) return {};
  if (!isRecord(body)) throw new ApiError('INVALID_REQUEST', 'the body must be an object');
  assertStorable(body, 'body');
  refuseUnknownKeys(Object.keys(body).filter((key) => !KEYS.has(key)));
  const faults: string[] = [];
  const take = <T>(field: string, is: (value: unknown) => value is T, kind: string): T | undefined => {
    const value = body[field];
    if (value === undefined || is(value)) return value;
    faults.push(`${field} must be ${kind}`);
    return undefined;
  };
  const name = take('name', isString, 'a text');
  const labels = take('labels', isLabels, 'an object of texts, or null for none');
  const maxSandboxes = take('max_sandboxes', isNumberOrNull, 'a whole number, or null');
  const encoderSessionsMax = take('encoder_sessions_max', isNumberOrNull, 'a whole number, or null');
  const videoMemoryPerSessionMb = take('video_memory_per_session_mb', isNumberOrNull, 'a whole number, or null');
  if (faults.length > 0) throw new ApiError('INVALID_REQUEST', faults.join('; '));
  return {
    ...(name !== undefined && { name }),
    ...(labels !== undefined && { labels: labels ?? {} }),
    ...(maxSandboxes !== undefined && { maxSandboxes }),
    ...(encoderSessionsMax !== undefined && { encoderSessionsMax }),
    ...(videoMemoryPerSessionMb !== undefined && { videoMemoryPerSessionMb }),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

function isLabels(value: unknown): value is Readonly<Record<string, string>> | null {
  return value === null || (isRecord(value) && Object.values(value).every(isString));
}

/** The body of an edit, past the pipe that takes null for "not given": here it says that the operator's word is taken back. */
const HostEditBody = createParamDecorator((_: unknown, context: ExecutionContext): HostEdit => {
  return parseHostEdit(context.switchToHttp().getRequest<Request>().body);
});

/** The admin behind the request and the address that it came from (behind a proxy, the proxy's), on routes for admins. */
const CurrentOperator = createParamDecorator((_: unknown, context: ExecutionContext): Operator => {
  const { principal, ip } = context.switchToHttp().getRequest<GuardedRequest>();
  if (principal?.kind !== 'user') throw new Error('CurrentOperator stands on a route that others than admins may use');
  return { actor: principal.userId, remoteAddress: ip ?? '' };
});

const DEADLINE_MAX_S = SCHEDULER_LIMITS.drainDeadlineMs / 1_000;

@RefusesUnknownKeys()
export class CordonWolfInstanceDto {
  @ApiPropertyOptional({
    maxLength: SCHEDULER_LIMITS.reasonChars,
    description: 'Why, for readers of the history',
    example: 'new disks',
  })
  @IsOptional()
  @IsString()
  reason?: string;
}

@RefusesUnknownKeys()
export class DrainWolfInstanceDto extends CordonWolfInstanceDto {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: DEADLINE_MAX_S,
    description: 'Seconds from now after which the sessions that are left are stopped; absent: they may stay',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DEADLINE_MAX_S)
  deadline_s?: number;
}

/** Read by `parseHostEdit`, since null has a meaning here; this one is for the OpenAPI document. */
export class EditWolfInstanceDto {
  @ApiPropertyOptional({ minLength: 1, maxLength: SCHEDULER_LIMITS.nameChars })
  name?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', maxLength: SCHEDULER_LIMITS.labelChars },
    maxProperties: SCHEDULER_LIMITS.labels,
    nullable: true,
    description: 'In place of all that are there',
    example: { region: 'eu', zone: 'b' },
  })
  labels?: Record<string, string> | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: SCHEDULER_LIMITS.maxSandboxes,
    nullable: true,
    description: 'null: what the host says of itself, else `MAX_SANDBOXES`',
  })
  max_sandboxes?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: SCHEDULER_LIMITS.maxSandboxes,
    nullable: true,
    description: 'Streams that its GPUs encode at once; null: what counts for all hosts',
  })
  encoder_sessions_max?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: SCHEDULER_LIMITS.videoMemoryMb,
    nullable: true,
    description: 'MiB that a session is taken to need; null: what counts for all hosts',
  })
  video_memory_per_session_mb?: number | null;
}

export class RemoveWolfInstanceDto {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: 'Even while it carries sessions; these are stopped',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  force?: string;
}

/** What operators do to hosts. Each may be asked again: what is done already is a success, and is not told of twice. */
@ApiTags('wolf instances')
@ApiBearerAuth()
@Controller('api/v1/wolf-instances/:id')
@Access('admin')
export class HostOperationsController {
  constructor(
    private readonly operations: HostOperations,
    private readonly agents: ExternalAgentService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('cordon')
  @HttpCode(200)
  @ApiOperation({ summary: 'Place no more sessions there; those that run go on' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async cordon(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Body() { reason }: CordonWolfInstanceDto,
  ): Promise<WolfInstanceDto> {
    return this.answer('cordon', id, by, await this.operations.cordon(id, by, reason));
  }

  @Post('uncordon')
  @HttpCode(200)
  @ApiOperation({ summary: 'Place sessions there again; ends a drain too' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async uncordon(@Param('id') id: string, @CurrentOperator() by: Operator): Promise<WolfInstanceDto> {
    return this.answer('uncordon', id, by, await this.operations.uncordon(id, by));
  }

  @Post('drain')
  @HttpCode(200)
  @ApiOperation({ summary: 'Empty it: place no more sessions there, and stop those that are left after a deadline' })
  @ApiOkResponse({ type: WolfInstanceDto })
  async drain(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Body() { reason, deadline_s: deadlineS }: DrainWolfInstanceDto,
  ): Promise<WolfInstanceDto> {
    const drained = await this.operations.drain(id, by, {
      ...(reason !== undefined && { reason }),
      ...(deadlineS !== undefined && { deadlineMs: deadlineS * 1_000 }),
    });
    return this.answer('drain', id, by, drained);
  }

  @Patch()
  @ApiOperation({ summary: 'Change its name, labels and limits; null takes the word of an operator back' })
  @ApiBody({ type: EditWolfInstanceDto })
  @ApiOkResponse({ type: WolfInstanceDto })
  async edit(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @HostEditBody() edit: HostEdit,
  ): Promise<WolfInstanceDto> {
    return this.answer('edit', id, by, await this.operations.edit(id, by, edit));
  }

  @Delete()
  @HttpCode(200)
  @ApiOperation({ summary: 'Forget a host; refused while it carries sessions' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', example: 'ok' } } } })
  async remove(
    @Param('id') id: string,
    @CurrentOperator() by: Operator,
    @Query() query: RemoveWolfInstanceDto,
  ): Promise<{ readonly status: 'ok' }> {
    const force = query.force === 'true';
    const isRemoved = await this.operations.remove(id, by, { force });
    // Also when it was removed before: an earlier removal may have come no further than that.
    if (force) await this.agents.giveUpHost(id);
    if (!isRemoved) throw unknownHost();
    this.record(force ? 'force-remove' : 'remove', id, by);
    return { status: 'ok' };
  }

  private answer(verb: string, id: string, by: Operator, instance: WolfInstance | undefined): WolfInstanceDto {
    if (instance === undefined) throw unknownHost();
    this.record(verb, id, by);
    return toWolfInstanceDto(instance);
  }

  /** Beside the event in the database, whose number and age are bounded. */
  private record(verb: string, wolfInstanceId: string, { actor, remoteAddress }: Operator): void {
    const fields = { audit: 'wolf-instance', verb, wolfInstanceId, userId: actor, address: remoteAddress };
    this.logger.info(fields, 'an operator changed a host');
  }
}

function unknownHost(): ApiError {
  return new ApiError('NOT_FOUND', 'Wolf instance not found');
}
