import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { WolfApp, WolfLobby, WolfMemoryReport, WolfSession } from '@helix/wolf-client';
import { GpuStatsDto, PipelinesDto, SandboxesMemoryDto, toSandboxesMemoryDto } from './sandboxes-memory.dto.js';

export class DebugAppDto {
  @ApiProperty() id!: string;
  @ApiProperty() title!: string;
}

export class DebugLobbyDto {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() started_by_profile_id!: string;
  @ApiProperty() multi_user!: boolean;
  @ApiProperty() stop_when_everyone_leaves!: boolean;
}

export class DisplayModeDto {
  @ApiProperty() width!: number;
  @ApiProperty() height!: number;
  @ApiProperty() refresh_rate!: number;
  @ApiProperty({ description: 'Always false: Wolf does not tell' }) hevc_supported!: boolean;
  @ApiProperty({ description: 'Always false: Wolf does not tell' }) av1_supported!: boolean;
}

export class DebugSessionDto {
  @ApiProperty() session_id!: string;
  @ApiPropertyOptional() client_unique_id?: string;
  @ApiProperty() client_ip!: string;
  @ApiProperty() app_id!: string;
  @ApiPropertyOptional() lobby_id?: string;
  @ApiProperty() idle_seconds!: number;
  @ApiProperty({ type: DisplayModeDto }) display_mode!: DisplayModeDto;
}

/** A stream as the page's Moonlight list has it; told from Wolf's own sessions, not from Moonlight Web. */
export class MoonlightClientDto {
  @ApiProperty() session_id!: string;
  @ApiPropertyOptional() client_unique_id?: string;
  @ApiProperty({ enum: ['join', 'create'], description: '`join` while it watches a lobby' }) mode!: string;
  @ApiProperty({ description: 'Its client was heard of in the last seconds' }) has_websocket!: boolean;
}

/** One host as the admin's page shows it (helix-rest §4.3), without PINs and keys. What could not be read is in `errors`. */
export class SandboxesDebugDto {
  @ApiProperty({ type: SandboxesMemoryDto, nullable: true }) memory!: SandboxesMemoryDto | null;
  @ApiPropertyOptional({ type: [DebugAppDto] }) apps?: readonly DebugAppDto[];
  @ApiPropertyOptional({ type: [DebugLobbyDto] }) lobbies?: readonly DebugLobbyDto[];
  @ApiProperty({ type: [DebugSessionDto] }) sessions!: readonly DebugSessionDto[];
  @ApiProperty({ type: [MoonlightClientDto] }) moonlight_clients!: readonly MoonlightClientDto[];
  @ApiProperty({ enum: ['lobbies'] }) wolf_mode!: string;
  @ApiPropertyOptional({ type: GpuStatsDto }) gpu_stats?: GpuStatsDto;
  @ApiPropertyOptional({ type: PipelinesDto }) gstreamer_pipelines?: PipelinesDto;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Error codes by the part that is missing',
  })
  errors?: Readonly<Record<string, string>>;
}

interface SandboxesView {
  readonly memory: WolfMemoryReport | undefined;
  readonly apps: readonly WolfApp[] | undefined;
  readonly lobbies: readonly WolfLobby[] | undefined;
  readonly sessions: readonly WolfSession[] | undefined;
  readonly errors: Readonly<Record<string, string>>;
}

/** A stream sends control packets all the time; one without for longer has no viewer behind it. */
const HEARD_OF_SECONDS = 10;

export function toSandboxesDebugDto(view: SandboxesView): SandboxesDebugDto {
  const memory = view.memory === undefined ? null : toSandboxesMemoryDto(view.memory);
  const sessions = (view.sessions ?? []).map((session) => toSessionDto(session, view.lobbies ?? []));
  return {
    memory,
    ...(view.apps !== undefined && { apps: view.apps.map(({ id, title }) => ({ id, title })) }),
    ...(view.lobbies !== undefined && { lobbies: view.lobbies.map(toLobbyDto) }),
    sessions,
    moonlight_clients: sessions.map(toMoonlightClientDto),
    wolf_mode: 'lobbies',
    ...(memory?.gpu_stats !== undefined && { gpu_stats: memory.gpu_stats }),
    ...(memory !== null && { gstreamer_pipelines: memory.gstreamer_pipelines }),
    ...(Object.keys(view.errors).length > 0 && { errors: view.errors }),
  };
}

function toLobbyDto(lobby: WolfLobby): DebugLobbyDto {
  return {
    id: lobby.id,
    name: lobby.name,
    started_by_profile_id: lobby.startedByProfileId,
    multi_user: lobby.multiUser,
    stop_when_everyone_leaves: lobby.stopWhenEveryoneLeaves,
  };
}

function toSessionDto(session: WolfSession, lobbies: readonly WolfLobby[]): DebugSessionDto {
  const lobbyId = lobbies.find((lobby) => lobby.connectedSessionIds.includes(session.id))?.id;
  return {
    session_id: session.id,
    ...(session.clientUniqueId !== '' && { client_unique_id: session.clientUniqueId }),
    client_ip: session.clientIp,
    app_id: session.appId,
    ...(lobbyId !== undefined && { lobby_id: lobbyId }),
    idle_seconds: session.idleSeconds ?? 0,
    display_mode: {
      width: session.width,
      height: session.height,
      refresh_rate: session.refreshRate,
      hevc_supported: false,
      av1_supported: false,
    },
  };
}

function toMoonlightClientDto(session: DebugSessionDto): MoonlightClientDto {
  return {
    session_id: session.session_id,
    ...(session.client_unique_id !== undefined && { client_unique_id: session.client_unique_id }),
    mode: session.lobby_id === undefined ? 'create' : 'join',
    has_websocket: session.idle_seconds < HEARD_OF_SECONDS,
  };
}
