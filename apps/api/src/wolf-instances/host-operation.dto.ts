import { ApiPropertyOptional } from '@nestjs/swagger';
import { SCHEDULER_LIMITS } from '@helix/scheduler';
import { IsIn, IsInt, IsOptional, IsString, Max, Min } from 'class-validator';

import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';

const DEADLINE_MAX_S = SCHEDULER_LIMITS.drainDeadlineMs / 1_000;

@RefusesUnknownKeys()
export class CordonWolfInstanceDto {
  @ApiPropertyOptional({
    maxLength: SCHEDULER_LIMITS.reasonChars,
    description: 'For whoever reads why',
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
