import { ApiPropertyOptional } from '@nestjs/swagger';
import { SCHEDULER_LIMITS } from '@helix/scheduler';
import { IsOptional, IsString, Matches, MaxLength, Validate } from 'class-validator';
import { AbsentWhenEmpty, LowerCase } from '../input/lenient-text.js';
import { HostLabelsConstraint } from './host-labels-constraint.js';
import { API_LIMITS } from '../limits.js';

/** What a session would ask for, as at its creation. */
export class ExplainPlacementDto {
  @ApiPropertyOptional({
    description: 'What this session asks for, where nothing else is said here',
    example: 'ses_01kata7wrce3cd5j3hg5ttvjw6',
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(API_LIMITS.labelMaxLength)
  session_id?: string;

  @ApiPropertyOptional({ example: 'nvidia' })
  @AbsentWhenEmpty()
  @LowerCase()
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,32}$/, { message: 'gpu_vendor must be a word such as nvidia, amd or intel' })
  gpu_vendor?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Only hosts that have all of these labels',
    example: { region: 'eu' },
  })
  @IsOptional()
  @Validate(HostLabelsConstraint)
  host_labels?: Record<string, string>;

  @ApiPropertyOptional({ description: 'Whole reference', example: 'helix-sway:v2' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(256)
  image?: string;

  @ApiPropertyOptional({ description: 'Taken before others if it fits' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(SCHEDULER_LIMITS.instanceIdChars)
  preferred_wolf_instance_id?: string;
}
