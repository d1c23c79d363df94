import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, IsOptional, IsString, Length, Matches } from 'class-validator';
import type { ApiKeyEntity } from './api-key.entity.js';

export class CreateApiKeyDto {
  @ApiProperty({ description: 'Whose key this is; sessions made with it belong to this user', example: 'alice' })
  @IsString()
  @Matches(/^[A-Za-z0-9._@-]{1,128}$/, { message: 'user_id must be 1 to 128 of A-Z a-z 0-9 . _ @ -' })
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
}

export class ApiKeyDto {
  @ApiProperty() id!: string;
  @ApiProperty() user_id!: string;
  @ApiProperty() name!: string;
  @ApiProperty({ description: 'First characters of the key' }) hint!: string;
  @ApiProperty() admin!: boolean;
  @ApiProperty() created_at!: string;
  @ApiProperty({ type: String, nullable: true }) expires_at!: string | null;
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
  };
}
