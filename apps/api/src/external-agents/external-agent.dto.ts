import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { HOST_LOST_WISHES, type HostLostWish, REACHABILITY_STATES, type SessionView } from '@helix/external-agent';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { AbsentWhenEmpty, MaxUnits } from '../input/lenient-text.js';
import { GpuVendors } from '../input/gpu-vendors.decorator.js';
import {
  type AgentStatus,
  agentStatusOf,
  containerNameOf,
  HostLostDto,
  linksOf,
  QueueDto,
  SessionReasonDto,
  toReachability,
  toWaitingFields,
} from '../sessions/session.dto.js';
import { API_LIMITS } from '../limits.js';

const SESSION_ID_PATTERN = /^ses_[0-9a-hjkmnp-tv-z]{26}$/;
const SESSION_ID_MESSAGE = '$property must be ses_ and 26 lower-case ULID characters';

/**
 * What a caller may decide about a desktop (helix-rest §3.1). Who owns it, its mounts and its folders are decided here and
 * never read from a body; keys that are not listed are ignored.
 */
export class CreateExternalAgentDto {
  @ApiPropertyOptional({ description: 'Chosen by a caller who may retry: the same id never makes a second desktop' })
  @AbsentWhenEmpty()
  @IsOptional()
  @Matches(SESSION_ID_PATTERN, { message: SESSION_ID_MESSAGE })
  session_id?: string;

  @ApiPropertyOptional({ description: 'Another spelling of session_id' })
  @AbsentWhenEmpty()
  @IsOptional()
  @Matches(SESSION_ID_PATTERN, { message: SESSION_ID_MESSAGE })
  helix_session_id?: string;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Length(1, 200)
  name?: string;

  @ApiPropertyOptional({
    description: 'Taken for the sake of clients that send it; the desktop’s own channel carries it',
  })
  @IsOptional()
  @MaxUnits(200_000)
  input?: string;

  @ApiPropertyOptional({ type: [String], description: '`NAME=value`; names of the control plane’s own are refused' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  env?: string[];

  @ApiPropertyOptional({ default: 1920, description: 'Pixels; clamped to 800–7680' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100_000)
  display_width?: number;

  @ApiPropertyOptional({ default: 1080, description: 'Pixels; clamped to 600–4320' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100_000)
  display_height?: number;

  @ApiPropertyOptional({ default: 60, description: 'Hertz; clamped to 30–144' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  display_refresh_rate?: number;

  @GpuVendors()
  gpu_vendor?: readonly string[];

  @ApiPropertyOptional({ description: 'One of the images the operator allows' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Length(1, 256)
  image?: string;

  @ApiPropertyOptional({
    description: 'Minutes without work after which this desktop is stopped, in place of the operator’s',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(14_400)
  idle_limit_minutes?: number;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { region: 'eu' },
    description: 'Only hosts that have all of these labels; at most 32',
  })
  @IsOptional()
  @IsObject()
  host_labels?: Record<string, string>;

  @ApiPropertyOptional({
    default: 0,
    description: 'How long it waits for a slot when every suitable host is full; 0: it is refused at once',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(3_600)
  queue_seconds?: number;

  @ApiPropertyOptional({
    enum: HOST_LOST_WISHES,
    default: 'fail',
    description: 'When its host is lost and does not come back in time: it fails, or is started on another host',
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsIn(HOST_LOST_WISHES)
  on_host_lost?: HostLostWish;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(API_LIMITS.labelMaxLength)
  spec_task_id?: string;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(API_LIMITS.labelMaxLength)
  project_id?: string;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(API_LIMITS.labelMaxLength)
  thread_id?: string;
}

/** What Helix's clients send to keep a desktop from counting as idle; the server's own clock decides. */
export class UpdateExternalAgentDto {
  @ApiPropertyOptional({ example: '2026-01-31T12:00:00Z' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsISO8601({ strict: true })
  @MaxLength(64)
  last_access?: string;
}

/** The answer to a create, in the keys of Helix's `ZedAgentResponse`. */
export class ExternalAgentDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) session_id!: string;
  @ApiProperty({
    enum: ['queued', 'starting', 'running', 'stopping', 'stopped', 'failed'],
    description: '`queued`: every suitable host is full, and it waits for a slot',
  })
  status!: AgentStatus | 'queued';
  @ApiProperty({ example: '/api/v1/external-agents/ses_01kata7wrce3cd5j3hg5ttvjw6/screenshot' })
  screenshot_url!: string;
  @ApiProperty({
    description: 'A page that shows the stream',
    example: '/console/sessions/ses_01kata7wrce3cd5j3hg5ttvjw6',
  })
  stream_url!: string;
  @ApiProperty({ description: 'Empty while there is no agent channel to offer' }) websocket_url!: string;
  @ApiProperty({ description: 'Always empty: a desktop gets its token in its environment' }) auth_token!: string;
  @ApiPropertyOptional() wolf_instance_id?: string;
  @ApiPropertyOptional() wolf_lobby_id?: string;
  @ApiPropertyOptional({ description: 'For the owner alone' }) wolf_lobby_pin?: string;
  @ApiProperty() container_name!: string;
  @ApiProperty({ description: 'The desktop holds its link now' }) desktop_connected!: boolean;
  @ApiProperty({ enum: REACHABILITY_STATES, nullable: true }) reachability!: string | null;
  @ApiPropertyOptional({ description: 'How long the host may still take to come back' }) seconds_left?: number;
  @ApiPropertyOptional({ type: SessionReasonDto }) reason?: SessionReasonDto;
  @ApiPropertyOptional({ type: QueueDto, description: 'While it waits for a slot' }) queue?: QueueDto;
  @ApiPropertyOptional({ type: HostLostDto, description: 'While its host is lost' }) host_lost?: HostLostDto;
  @ApiProperty({ enum: HOST_LOST_WISHES }) on_host_lost!: HostLostWish;
}

export function toExternalAgentDto(view: SessionView, showPin: boolean, basePath: string): ExternalAgentDto {
  const { session } = view;
  const waiting = toWaitingFields(session);
  return {
    session_id: session.id,
    status: waiting.queue === undefined ? agentStatusOf(session.state) : 'queued',
    ...linksOf(session, basePath),
    websocket_url: '',
    auth_token: '',
    ...(session.wolfInstanceId !== null && { wolf_instance_id: session.wolfInstanceId }),
    ...(session.lobbyId !== null && { wolf_lobby_id: session.lobbyId }),
    ...(session.lobbyId !== null && showPin && { wolf_lobby_pin: session.lobbyPin }),
    container_name: containerNameOf(session),
    desktop_connected: view.isDesktopConnected,
    ...toReachability(view.reachability),
    ...(session.reason !== null && { reason: session.reason }),
    ...waiting,
    on_host_lost: session.onHostLost,
  };
}
