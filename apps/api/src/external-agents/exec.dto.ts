import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EXTERNAL_AGENT_LIMITS, type ExecResult } from '@helix/external-agent';
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

export function toExecResultDto(result: ExecResult): ExecResultDto {
  return {
    success: result.success,
    exit_code: result.exitCode,
    ...(result.output !== undefined && { output: result.output }),
    ...(result.error !== undefined && { error: result.error }),
    ...(result.pid !== undefined && { pid: result.pid }),
    truncated: result.isTruncated,
  };
}
