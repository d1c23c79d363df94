import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SessionEntity } from '@helix/external-agent';

export class QueueDto {
  @ApiPropertyOptional({ description: 'From 1, among all who wait, as it was some seconds ago' }) position?: number;
  @ApiProperty({ description: 'Then it fails, with PLACEMENT_QUEUE_TIMEOUT' }) deadline!: string;
}

export class HostLostDto {
  @ApiProperty() since!: string;
  @ApiProperty({ description: 'Until when the host may come back with the desktop' }) deadline!: string;
  @ApiProperty() left_ms!: number;
}

/** What a session waits for that is not in its own hands. */
export interface WaitingFields {
  readonly queue?: QueueDto;
  readonly host_lost?: HostLostDto;
}

export function toWaitingFields(session: SessionEntity, now = new Date()): WaitingFields {
  const { state, queuePosition, queueDeadlineAt, hostLostAt, hostLostDeadlineAt } = session;
  return {
    ...(state === 'queued' &&
      queueDeadlineAt !== null && {
        queue: { ...(queuePosition !== null && { position: queuePosition }), deadline: queueDeadlineAt.toISOString() },
      }),
    ...(hostLostAt !== null &&
      hostLostDeadlineAt !== null && {
        host_lost: {
          since: hostLostAt.toISOString(),
          deadline: hostLostDeadlineAt.toISOString(),
          left_ms: Math.max(0, hostLostDeadlineAt.getTime() - now.getTime()),
        },
      }),
  };
}
