import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { IdleStatus } from '@helix/external-agent';

/** How long a desktop may still be left alone (helix-rest §2.4). Keys that are zero or false are left out, as Helix does. */
export class IdleStatusDto {
  @ApiProperty({ description: 'The session has a running desktop' }) has_external_agent!: boolean;
  @ApiPropertyOptional() idle_minutes?: number;
  @ApiPropertyOptional({ description: 'Minutes until the desktop is stopped; absent with an idle limit of 0' })
  will_terminate_in?: number;
  @ApiPropertyOptional({ description: 'The owner should be warned' }) warning_threshold?: boolean;
  @ApiPropertyOptional() idle_seconds?: number;
  @ApiPropertyOptional() will_terminate_in_seconds?: number;
}

export function toIdleStatusDto(status: IdleStatus | undefined): IdleStatusDto {
  if (status === undefined) return { has_external_agent: false };
  const { idleMs, leftMs, isWarned } = status;
  const idleMinutes = Math.floor(idleMs / 60_000);
  return {
    has_external_agent: true,
    ...(idleMinutes > 0 && { idle_minutes: idleMinutes }),
    ...(leftMs !== undefined && leftMs > 0 && { will_terminate_in: Math.ceil(leftMs / 60_000) }),
    ...(isWarned && { warning_threshold: true }),
    idle_seconds: Math.floor(idleMs / 1_000),
    ...(leftMs !== undefined && { will_terminate_in_seconds: Math.ceil(leftMs / 1_000) }),
  };
}
