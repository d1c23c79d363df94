import { ApiPropertyOptional } from '@nestjs/swagger';
import { Equals, IsIn, IsInt, IsISO8601, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';
import { API_LIMITS } from '../limits.js';

@RefusesUnknownKeys()
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

  @ApiPropertyOptional({
    enum: ['api'],
    description: 'A personal key, which opens all that is yours; there is no other',
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsIn(['api'], { message: 'type must be api: every key made here opens all that is yours, and none is for an app' })
  type?: string;

  @ApiPropertyOptional({ description: 'Refused unless empty: a key made here would not be bound to the app' })
  @AbsentWhenEmpty()
  @IsOptional()
  @Equals(undefined, {
    message: 'app_id is not taken here: an admin makes keys for apps (POST /api/v1/admin/api-keys)',
  })
  app_id?: string;
}
