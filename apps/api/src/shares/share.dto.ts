import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { VIEWER_ROLES, type SessionShareEntity, type ViewerRole } from '@helix/external-agent';

export class ShareDto {
  @ApiProperty({ example: 'shr_01kata7wrce3cd5j3hg5ttvjw6' }) id!: string;
  @ApiProperty({ enum: VIEWER_ROLES }) role!: ViewerRole;
  @ApiProperty({ type: String, nullable: true, description: 'With whom; null for a link, which is for who holds it' })
  user_id!: string | null;
  @ApiProperty() label!: string;
  @ApiProperty({ description: 'Who shared it' }) created_by!: string;
  @ApiProperty() created_at!: string;
  @ApiProperty() expires_at!: string;
}

export class CreatedShareDto extends ShareDto {
  @ApiPropertyOptional({ description: 'Of a link: the token itself; shown this once', example: 'hs-…' }) token?: string;
  @ApiPropertyOptional({ description: 'Of a link: what to hand on' }) url?: string;
  @ApiProperty({ enum: [false], description: 'What `view` means is kept by this API, and not by the host’s stream' })
  view_only_enforced!: boolean;
  @ApiPropertyOptional({ description: 'Of a share to watch: what that does not keep anybody from' }) note?: string;
}

export function toShareDto(share: SessionShareEntity): ShareDto {
  return {
    id: share.id,
    role: share.role,
    user_id: share.granteeUserId,
    label: share.label,
    created_by: share.createdBy,
    created_at: share.createdAt.toISOString(),
    expires_at: share.expiresAt.toISOString(),
  };
}
