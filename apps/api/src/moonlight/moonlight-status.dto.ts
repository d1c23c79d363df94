import { ApiProperty } from '@nestjs/swagger';
import type { MoonlightStatusReport } from '@helix/external-agent';

export class MoonlightClientDto {
  @ApiProperty() client_unique_id!: string;
  @ApiProperty({ enum: [true] }) has_certificate!: boolean;
}

export class MoonlightStreamDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ type: String, nullable: true }) client_unique_id!: string | null;
  @ApiProperty({ example: 'create' }) mode!: string;
  @ApiProperty() has_websocket!: boolean;
  @ApiProperty({ type: Number, nullable: true }) streamer_pid!: number | null;
  @ApiProperty() streamer_alive!: boolean;
}

/** Moonlight Web's own keys (helix-rest §4.4). An older one tells of no clients. */
export class MoonlightStatusDto {
  @ApiProperty() total_clients!: number;
  @ApiProperty() total_sessions!: number;
  @ApiProperty() active_websockets!: number;
  @ApiProperty({ type: [MoonlightClientDto] }) clients!: readonly MoonlightClientDto[];
  @ApiProperty({ type: [MoonlightStreamDto] }) sessions!: readonly MoonlightStreamDto[];
}

export function toMoonlightStatusDto({ clientUniqueIds, streams }: MoonlightStatusReport): MoonlightStatusDto {
  return {
    total_clients: clientUniqueIds.length,
    total_sessions: streams.length,
    active_websockets: streams.filter(({ hasWebSocket }) => hasWebSocket).length,
    clients: clientUniqueIds.map((id) => ({ client_unique_id: id, has_certificate: true })),
    sessions: streams.map((stream) => ({
      session_id: stream.sessionId,
      client_unique_id: stream.clientUniqueId ?? null,
      mode: stream.mode,
      has_websocket: stream.hasWebSocket,
      streamer_pid: stream.streamerPid ?? null,
      streamer_alive: stream.isStreamerAlive,
    })),
  };
}
