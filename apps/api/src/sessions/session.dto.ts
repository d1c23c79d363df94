import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  HOST_LOST_WISHES,
  type HostLostWish,
  type Reachability,
  REACHABILITY_STATES,
  SESSION_STATES,
  type SessionEntity,
  type SessionState,
  type SessionView,
} from '@helix/external-agent';

/** Whether a desktop can be reached, in the keys of the REST edge; `seconds_left` while its host may come back. */
interface ReachabilityFields {
  readonly reachability: Reachability['state'] | null;
  readonly seconds_left?: number;
}

export function toReachability(reachability: Reachability | undefined): ReachabilityFields {
  if (reachability === undefined) return { reachability: null };
  return {
    reachability: reachability.state,
    ...('leftMs' in reachability && { seconds_left: Math.ceil(reachability.leftMs / 1_000) }),
  };
}

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
interface WaitingFields {
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

/** Helix's zero time, which stands for "never" (helix-rest §2.1). */
const ZERO_TIME = '0001-01-01T00:00:00Z';

/** The words which Helix's clients know for the state of a desktop. */
export type AgentStatus = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

export function agentStatusOf(state: SessionState): AgentStatus {
  switch (state) {
    case 'queued':
    case 'placing':
    case 'starting':
      return 'starting';
    case 'running':
    case 'stopping':
    case 'stopped':
    case 'failed':
      return state;
    default:
      return state satisfies never;
  }
}

export class SessionReasonDto {
  @ApiProperty({ example: 'PLACEMENT_ALL_FULL' }) code!: string;
  @ApiProperty() message!: string;
}

/** A session as Helix's clients read it (helix-rest §2.1); keys they know keep their names, `state` and on are ours. */
export class SessionDto {
  @ApiProperty({ example: 'ses_01kata7wrce3cd5j3hg5ttvjw6' }) id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() created!: string;
  @ApiProperty() updated!: string;
  @ApiProperty({ type: String, nullable: true }) deleted_at!: string | null;
  @ApiProperty() parent_session!: string;
  @ApiProperty() parent_app!: string;
  @ApiProperty() organization_id!: string;
  @ApiProperty({ type: Object, description: 'Settings of the session, in Helix’s keys' }) config!: Record<
    string,
    unknown
  >;
  @ApiProperty({ type: Object, description: 'The same as `config`' }) metadata!: Record<string, unknown>;
  @ApiProperty() mode!: string;
  @ApiProperty() type!: string;
  @ApiProperty() provider!: string;
  @ApiProperty() model_name!: string;
  @ApiProperty() lora_dir!: string;
  @ApiProperty({ type: [Object] }) interactions!: readonly unknown[];
  @ApiProperty() generation_id!: number;
  @ApiProperty() owner!: string;
  @ApiProperty() owner_type!: string;
  @ApiProperty() question_set_id!: string;
  @ApiProperty() question_set_execution_id!: string;
  @ApiProperty() trigger!: string;
  @ApiProperty({ description: 'Empty until a host is chosen' }) wolf_instance_id!: string;
  @ApiProperty({ enum: SESSION_STATES })
  state!: SessionState;
  @ApiProperty({ enum: ['running', 'stopped'] }) desired!: string;
  @ApiPropertyOptional({ type: SessionReasonDto, nullable: true }) reason!: SessionReasonDto | null;
  @ApiProperty({ description: 'Rises with every change' }) version!: number;
  @ApiProperty() started_at!: string;
  @ApiProperty() stopped_at!: string;
  @ApiProperty({ description: 'When a person or an agent last worked with the desktop' }) last_activity_at!: string;
  @ApiProperty({ nullable: true, type: Number, description: 'Null: the operator’s limit counts; 0: never stopped' })
  idle_limit_minutes!: number | null;
  @ApiProperty({ enum: ['absent', 'starting', 'resumable', 'running'], description: 'As wolf-app-state has it' })
  app_state!: SessionView['appState'];
  @ApiProperty({ enum: REACHABILITY_STATES, nullable: true, description: 'Null: there is no desktop to reach' })
  reachability!: string | null;
  @ApiPropertyOptional({ description: 'How long the host may still take to come back' }) seconds_left?: number;
  @ApiProperty() desktop_connected!: boolean;
  @ApiProperty({ nullable: true, type: Number, description: 'Streams that watch; null while the host is not known' })
  viewers!: number | null;
  @ApiProperty({ description: 'The desktop is idle and is stopped soon' }) idle_warning!: boolean;
  @ApiPropertyOptional({ type: QueueDto, description: 'While it waits for a slot' }) queue?: QueueDto;
  @ApiPropertyOptional({ type: HostLostDto, description: 'While its host is lost' }) host_lost?: HostLostDto;
  @ApiProperty({ enum: HOST_LOST_WISHES, description: 'What becomes of it when its host does not come back in time' })
  on_host_lost!: HostLostWish;
}

export class SessionSummaryDto {
  @ApiProperty() created!: string;
  @ApiProperty() updated!: string;
  @ApiProperty() session_id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() model_name!: string;
  @ApiProperty() type!: string;
  @ApiProperty() owner!: string;
  @ApiProperty() summary!: string;
  @ApiProperty() priority!: boolean;
  @ApiProperty() question_set_id!: string;
  @ApiProperty() question_set_execution_id!: string;
  @ApiProperty({ enum: SESSION_STATES })
  state!: SessionState;
  @ApiProperty() wolf_instance_id!: string;
  @ApiProperty({
    type: Object,
    description: 'As in the session; `dev_container_id` and `container_name` while its desktop runs',
  })
  metadata!: Record<string, unknown>;
}

export class SessionPageDto {
  @ApiProperty({ type: [SessionSummaryDto] }) sessions!: readonly SessionSummaryDto[];
  @ApiProperty() page!: number;
  @ApiProperty() pageSize!: number;
  @ApiProperty() totalCount!: number;
  @ApiProperty() totalPages!: number;
}

/** Where a desktop can be seen, as paths of the public URL. */
export function linksOf(
  { id }: Pick<SessionEntity, 'id'>,
  basePath: string,
): { readonly screenshot_url: string; readonly stream_url: string } {
  return {
    screenshot_url: `${basePath}/api/v1/external-agents/${id}/screenshot`,
    stream_url: `${basePath}/console/sessions/${id}`,
  };
}

/** What of a session's settings tells of its desktop. Helix's command line takes one for running whose container has an id. */
function desktopFieldsOf(session: SessionEntity): Record<string, string> {
  return {
    external_agent_id: session.id,
    external_agent_status: session.reason?.code === 'IDLE' ? 'terminated_idle' : agentStatusOf(session.state),
    ...(session.lobbyId !== null && { wolf_lobby_id: session.lobbyId }),
    ...(session.lobbyId !== null &&
      session.state === 'running' && { dev_container_id: session.lobbyId, container_name: containerNameOf(session) }),
  };
}

export function containerNameOf({ id }: SessionEntity): string {
  return `zed-external-${id.slice('ses_'.length)}`;
}

/** `showPin`: for the owner alone, who types it into a Moonlight client. */
export function toSessionDto(view: SessionView, showPin: boolean): SessionDto {
  const { session } = view;
  const config = {
    agent_type: 'zed_external',
    ...session.labels,
    external_agent_config: {
      display_width: session.display.width,
      display_height: session.display.height,
      display_refresh_rate: session.display.refreshHz,
    },
    ...desktopFieldsOf(session),
    ...(session.lobbyId !== null && showPin && { wolf_lobby_pin: session.lobbyPin }),
    avatar: '',
    priority: false,
    document_ids: {},
    session_rag_results: [],
    document_group_id: '',
    manually_review_questions: false,
    system_prompt: '',
    helix_version: '',
    stream: false,
    eval_run_id: '',
    eval_user_score: '',
    eval_user_reason: '',
    eval_manual_score: '',
    eval_manual_reason: '',
    eval_automatic_score: '',
    eval_automatic_reason: '',
    eval_original_user_prompts: [],
    rag_enabled: false,
    text_finetune_enabled: false,
    rag_settings: {},
    active_tools: [],
    uploaded_data_entity_id: '',
    assistant_id: '',
    app_query_params: {},
  };
  return {
    id: session.id,
    name: session.name,
    created: session.createdAt.toISOString(),
    updated: session.updatedAt.toISOString(),
    deleted_at: session.deletedAt?.toISOString() ?? null,
    parent_session: '',
    parent_app: '',
    organization_id: '',
    config,
    metadata: config,
    mode: 'inference',
    type: 'text',
    provider: '',
    model_name: 'external_agent',
    lora_dir: '',
    interactions: [],
    generation_id: 0,
    owner: session.ownerId,
    owner_type: 'user',
    question_set_id: '',
    question_set_execution_id: '',
    trigger: '',
    wolf_instance_id: session.wolfInstanceId ?? '',
    state: session.state,
    desired: session.desired,
    reason: session.reason,
    version: session.version,
    started_at: session.startedAt?.toISOString() ?? ZERO_TIME,
    stopped_at: session.stoppedAt?.toISOString() ?? ZERO_TIME,
    last_activity_at: session.lastActivityAt.toISOString(),
    idle_limit_minutes: session.idleLimitMs === null ? null : session.idleLimitMs / 60_000,
    app_state: view.appState,
    ...toReachability(view.reachability),
    desktop_connected: view.isDesktopConnected,
    viewers: view.viewerCount ?? null,
    idle_warning: view.idle?.isWarned ?? false,
    ...toWaitingFields(session),
    on_host_lost: session.onHostLost,
  };
}

export function toSessionSummaryDto(session: SessionEntity): SessionSummaryDto {
  return {
    created: session.createdAt.toISOString(),
    updated: session.updatedAt.toISOString(),
    session_id: session.id,
    name: session.name,
    model_name: 'external_agent',
    type: 'text',
    owner: session.ownerId,
    summary: '',
    priority: false,
    question_set_id: '',
    question_set_execution_id: '',
    state: session.state,
    wolf_instance_id: session.wolfInstanceId ?? '',
    metadata: { agent_type: 'zed_external', ...session.labels, ...desktopFieldsOf(session) },
  };
}
