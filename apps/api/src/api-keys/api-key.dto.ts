import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../config/identity-settings.js';
import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';
import type { ApiKeyEntity } from './api-key.entity.js';

@RefusesUnknownKeys()
export class CreateApiKeyDto {
  @ApiProperty({ description: 'Whose key this is; sessions made with it belong to this user', example: 'alice' })
  @IsString()
  @Matches(USER_ID, { message: `user_id ${USER_ID_RULE}` })
  user_id!: string;

  @ApiPropertyOptional({ example: 'laptop' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string;

  @ApiPropertyOptional({ default: false })
  @IsOptional()
  @IsBoolean()
  admin?: boolean;

  @ApiPropertyOptional({ description: 'RFC 3339; the key counts for nothing from then on' })
  @IsOptional()
  @IsISO8601({ strict: true })
  expires_at?: string;

  @ApiPropertyOptional({ description: 'An app of Helix that the key is for; such a key opens nothing here' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  app_id?: string;
}

export class ApiKeyDto {
  @ApiProperty() id!: string;
  @ApiProperty() user_id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ description: 'First characters of the key' }) hint!: string;
  @ApiProperty() admin!: boolean;
  @ApiProperty() created_at!: string;
  @ApiProperty({ type: String, nullable: true }) expires_at!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'To the minute' }) last_used_at!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The app it is for' }) app_id!: string | null;
}

export class CreatedApiKeyDto extends ApiKeyDto {
  @ApiProperty({ description: 'The key itself; shown this once', example: 'hl-…' }) key!: string;
}

export function toApiKeyDto(key: ApiKeyEntity): ApiKeyDto {
  return {
    id: key.id,
    user_id: key.ownerId,
    name: key.name,
    hint: key.hint,
    admin: key.isAdmin,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    app_id: key.appId,
  };
}
