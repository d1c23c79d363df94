import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SessionEntity } from '@helix/external-agent';
import { linksOf } from './session.dto.js';

export class ResumedDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ enum: ['resumed', 'starting'] }) status!: 'resumed' | 'starting';
  @ApiPropertyOptional() wolf_lobby_id?: string;
  @ApiPropertyOptional({ description: 'For the owner alone' }) wolf_lobby_pin?: string;
  @ApiPropertyOptional({ description: 'While the desktop runs' }) dev_container_id?: string;
  @ApiProperty() screenshot_url!: string;
}

export function toResumedDto(session: SessionEntity, showPin: boolean, basePath: string): ResumedDto {
  return {
    session_id: session.id,
    status: session.state === 'running' ? 'resumed' : 'starting',
    ...(session.lobbyId !== null && { wolf_lobby_id: session.lobbyId }),
    ...(session.lobbyId !== null && showPin && { wolf_lobby_pin: session.lobbyPin }),
    ...(session.lobbyId !== null && session.state === 'running' && { dev_container_id: session.lobbyId }),
    screenshot_url: linksOf(session, basePath).screenshot_url,
  };
}
