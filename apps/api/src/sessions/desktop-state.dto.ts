import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { REACHABILITY_STATES, type SessionView } from '@helix/external-agent';
import { toReachability } from './reachability.js';

/** The answer to `wolf-app-state` (helix-rest §2.3). A desktop that cannot be reached now is never `absent`. */
export class DesktopStateDto {
  @ApiProperty() session_id!: string;
  @ApiProperty({ description: 'A number below 10⁹ that Helix derives from owner and session' }) wolf_app_id!: string;
  @ApiProperty({ enum: ['absent', 'starting', 'resumable', 'running'] }) state!: SessionView['appState'];
  @ApiProperty({ description: 'A stream watches the desktop' }) has_websocket!: boolean;
  @ApiProperty() client_unique_id!: string;
  @ApiProperty({ description: 'False: `state` is the last that is known' }) reachable!: boolean;
  @ApiProperty({ enum: REACHABILITY_STATES, nullable: true }) reachability!: string | null;
  @ApiPropertyOptional() seconds_left?: number;
  @ApiProperty() desktop_connected!: boolean;
  @ApiProperty({ nullable: true, type: Number }) viewers!: number | null;
}

export function toDesktopStateDto(view: SessionView): DesktopStateDto {
  const { session, reachability, viewerCount } = view;
  return {
    session_id: session.id,
    wolf_app_id: String(wolfAppId(`${session.ownerId}-${session.id}`)),
    state: view.appState,
    has_websocket: (viewerCount ?? 0) > 0,
    client_unique_id: `helix-agent-${session.id}`,
    reachable: reachability === undefined || reachability.state === 'connected' || reachability.state === 'unstable',
    ...toReachability(reachability),
    desktop_connected: view.isDesktopConnected,
    viewers: viewerCount ?? null,
  };
}

/** A polynomial of base 31 over the bytes, modulo 10⁹ (helix-rest §2.3). */
function wolfAppId(text: string): number {
  return Buffer.from(text).reduce((hash, byte) => (hash * 31 + byte) % 1_000_000_000, 0);
}
