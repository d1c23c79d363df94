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
  ByteBudget,
  checkedExecRequest,
  type ExecResult,
  ExecService,
  EXTERNAL_AGENT_LIMITS,
  SessionActivity,
  type SessionEntity,
} from '@helix/external-agent';
import type { Response } from 'express';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
} from 'class-validator';
import { sendJsonHeld } from '../answers/send-held.js';
import { Access, CurrentSession, CurrentUser, type UserPrincipal } from '../access/access.decorator.js';
import { JsonBody } from '../input/body.guard.js';
import { whenCallerLeaves } from '../input/caller-signal.js';
import { API_LIMITS } from '../limits.js';

export class ExecDto {
  @ApiProperty({ type: [String], description: 'Program and arguments; no shell reads them', example: ['ls', '-l'] })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(EXTERNAL_AGENT_LIMITS.execArgumentsMaxCount)
  @IsString({ each: true })
  command!: string[];

  @ApiPropertyOptional({ default: false, description: 'Answer when it has begun, with its pid' })
  @IsOptional()
  @IsBoolean()
  background?: boolean;

  @ApiPropertyOptional({
    default: EXTERNAL_AGENT_LIMITS.execTimeoutDefaultS,
    maximum: EXTERNAL_AGENT_LIMITS.execTimeoutMaxS,
    description: 'Seconds',
  })
  @IsOptional()
  @IsNumber()
  timeout?: number;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @IsOptional()
  @IsObject()
  env?: Record<string, unknown>;
}

export class ExecResultDto {
  @ApiProperty() success!: boolean;
  @ApiProperty() exit_code!: number;
  @ApiPropertyOptional({ description: 'At most 1 MiB of it' }) output?: string;
  @ApiPropertyOptional({ description: 'At most 1 MiB of it' }) error?: string;
  @ApiPropertyOptional({ description: 'Of a command in the background' }) pid?: number;
  @ApiProperty({ description: 'Output or error was longer' }) truncated!: boolean;
}

function toExecResultDto(result: ExecResult): ExecResultDto {
  return {
    success: result.success,
    exit_code: result.exitCode,
    ...(result.output !== undefined && { output: result.output }),
    ...(result.error !== undefined && { error: result.error }),
    ...(result.pid !== undefined && { pid: result.pid }),
    truncated: result.isTruncated,
  };
}

/** Commands in a desktop, where the operator allows them. */
@ApiTags('desktop')
@ApiBearerAuth()
@ApiParam({ name: 'id', example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' })
@Controller('api/v1/external-agents/:id/exec')
@Access('session-owner')
export class ExecController {
  constructor(
    private readonly execs: ExecService,
    private readonly activity: SessionActivity,
    private readonly budget: ByteBudget,
  ) {}

  @Post()
  @JsonBody({ maxBytes: API_LIMITS.jsonLargeBodyMaxBytes })
  @HttpCode(200)
  @ApiOperation({ summary: 'Run a command in a running desktop; 403 unless the operator has enabled it' })
  @ApiOkResponse({ type: ExecResultDto })
  async run(
    @CurrentUser() user: UserPrincipal,
    @CurrentSession() session: SessionEntity,
    @Body() body: ExecDto,
    @Res() response: Response,
  ): Promise<void> {
    this.execs.assertEnabled();
    const request = checkedExecRequest({
      command: body.command,
      background: body.background,
      timeoutS: body.timeout,
      environment: body.env,
    });
    await this.activity.note(session.id);
    const result = await this.execs.run(session.id, user.userId, request, whenCallerLeaves(response));
    sendJsonHeld(response, this.budget, toExecResultDto(result));
  }
}
