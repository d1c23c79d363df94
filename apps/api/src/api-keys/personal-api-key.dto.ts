import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsISO8601, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { API_LIMITS } from '../limits.js';

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
}
