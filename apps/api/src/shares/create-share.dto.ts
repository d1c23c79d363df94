import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { EXTERNAL_AGENT_LIMITS, VIEWER_ROLES, type ViewerRole } from '@helix/external-agent';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { USER_ID, USER_ID_RULE } from '../config/identity-settings.js';
import { RefusesUnknownKeys } from '../input/own-keys.pipe.js';

const LIFE_DEFAULT_S = EXTERNAL_AGENT_LIMITS.shareLifeDefaultMs / 1_000;
const LIFE_MAX_S = EXTERNAL_AGENT_LIMITS.shareLifeMaxMs / 1_000;

@RefusesUnknownKeys()
export class CreateShareDto {
  @ApiProperty({ enum: VIEWER_ROLES, description: 'To watch, or to work with the desktop too' })
  @IsIn(VIEWER_ROLES)
  role!: ViewerRole;

  @ApiPropertyOptional({ description: 'With whom; absent for a link, which is for who holds it', example: 'bob' })
  @IsOptional()
  @IsString()
  @Matches(USER_ID, { message: `user_id ${USER_ID_RULE}` })
  user_id?: string;

  @ApiPropertyOptional({ maxLength: EXTERNAL_AGENT_LIMITS.shareLabelMaxLength, example: 'for the review' })
  @IsOptional()
  @IsString()
  @MaxLength(EXTERNAL_AGENT_LIMITS.shareLabelMaxLength)
  label?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: LIFE_MAX_S, default: LIFE_DEFAULT_S, description: 'Seconds' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(LIFE_MAX_S)
  expires_in_s?: number;
}
