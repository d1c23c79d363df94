import { ApiPropertyOptional } from '@nestjs/swagger';
import { SCHEDULER_LIMITS } from '@helix/scheduler';
import {
  IsOptional,
  IsString,
  MaxLength,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { API_LIMITS } from '../limits.js';
import { GpuVendors } from '../input/gpu-vendors.decorator.js';

/** Labels that a host is to have: as many and as long as a host's own may be. */
@ValidatorConstraint({ name: 'hostLabels' })
export class HostLabelsConstraint implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
    const { labels, labelChars } = SCHEDULER_LIMITS;
    return (
      entries.length <= labels &&
      entries.every(
        ([name, wants]) => name.length <= labelChars && typeof wants === 'string' && wants.length <= labelChars,
      )
    );
  }

  defaultMessage(): string {
    const { labels, labelChars } = SCHEDULER_LIMITS;
    return `$property must be an object of at most ${String(labels)} names and texts of at most ${String(labelChars)} characters`;
  }
}

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

  @GpuVendors()
  gpu_vendor?: readonly string[];

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
