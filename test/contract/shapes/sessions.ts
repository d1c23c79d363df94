import { json, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

/** `Session.config` (§2.1): what matters to clients of a desktop, then what is always there. */
const SESSION_CONFIG: Shape = {
  agent_type: oneOf('zed_external'),
  'spec_task_id?': 'text',
  'project_id?': 'text',
  'zed_thread_id?': 'text',
  external_agent_config: { display_width: 'whole', display_height: 'whole', display_refresh_rate: 'whole' },
  external_agent_id: 'session id',
  external_agent_status: oneOf('starting', 'running', 'stopping', 'stopped', 'failed', 'terminated_idle'),
  'wolf_lobby_id?': 'text',
  'wolf_lobby_pin?': 'text',
  avatar: 'text',
  priority: 'flag',
  document_ids: {},
  session_rag_results: ['anything'],
  document_group_id: 'text',
  manually_review_questions: 'flag',
  system_prompt: 'text',
  helix_version: 'text',
  stream: 'flag',
  eval_run_id: 'text',
  eval_user_score: 'text',
  eval_user_reason: 'text',
  eval_manual_score: 'text',
  eval_manual_reason: 'text',
  eval_automatic_score: 'text',
  eval_automatic_reason: 'text',
  eval_original_user_prompts: ['text'],
  rag_enabled: 'flag',
  text_finetune_enabled: 'flag',
  rag_settings: {},
  active_tools: ['text'],
  uploaded_data_entity_id: 'text',
  assistant_id: 'text',
  app_query_params: {},
};

/** Ours: what a session waits for. */
export const QUEUE: Shape = { 'position?': 'whole', deadline: 'time' };
export const HOST_LOST: Shape = { since: 'time', deadline: 'time', left_ms: 'whole' };

/** §2.1; from `state` on, ours. */
export const SESSION: Shape = {
  id: 'session id',
  name: 'text',
  created: 'time',
  updated: 'time',
  deleted_at: orNull('time'),
  parent_session: 'text',
  parent_app: 'text',
  organization_id: 'text',
  config: SESSION_CONFIG,
  // The CLI's own name for it.
  metadata: SESSION_CONFIG,
  mode: 'text',
  type: 'text',
  provider: 'text',
  model_name: 'text',
  lora_dir: 'text',
  interactions: ['anything'],
  generation_id: 'whole',
  owner: 'text',
  owner_type: oneOf('user'),
  question_set_id: 'text',
  question_set_execution_id: 'text',
  trigger: 'text',
  wolf_instance_id: 'text',
  state: oneOf('queued', 'placing', 'starting', 'running', 'stopping', 'stopped', 'failed'),
  desired: oneOf('running', 'stopped'),
  reason: orNull({ code: 'text', message: 'text' }),
  version: 'whole',
  started_at: 'time',
  stopped_at: 'time',
  last_activity_at: 'time',
  idle_limit_minutes: orNull('number'),
  app_state: oneOf('absent', 'starting', 'resumable', 'running'),
  reachability: orNull(oneOf('connected', 'unstable', 'desktop-away', 'host-reconnecting', 'host-lost')),
  'seconds_left?': 'whole',
  desktop_connected: 'flag',
  viewers: orNull('whole'),
  idle_warning: 'flag',
  'queue?': QUEUE,
  'host_lost?': HOST_LOST,
  on_host_lost: oneOf('fail', 'restart'),
};

/** One line of a list (§2.2): `session_id`, and no `id`. */
const SESSION_SUMMARY: Shape = {
  created: 'time',
  updated: 'time',
  session_id: 'session id',
  name: 'text',
  model_name: 'text',
  type: 'text',
  owner: 'text',
  summary: 'text',
  priority: 'flag',
  'app_id?': 'text',
  'organization_id?': 'text',
  question_set_id: 'text',
  question_set_execution_id: 'text',
  metadata: {
    agent_type: 'text',
    external_agent_id: 'session id',
    external_agent_status: oneOf('starting', 'running', 'stopping', 'stopped', 'terminated_idle', 'failed'),
    'wolf_lobby_id?': 'text',
    // What Helix's command line takes for running (helix-desktop-sockets, `list` and `stop --all`).
    'dev_container_id?': 'text',
    'container_name?': 'text',
  },
};

/** §2.3; from `reachable` on, ours (§10.6). */
const WOLF_APP_STATE: Shape = {
  session_id: 'session id',
  wolf_app_id: 'text',
  state: oneOf('absent', 'starting', 'resumable', 'running'),
  has_websocket: 'flag',
  client_unique_id: 'text',
  reachable: 'flag',
  reachability: orNull('text'),
  'seconds_left?': 'whole',
  desktop_connected: 'flag',
  viewers: orNull('whole'),
};

/** §2.4: what is zero or false is left out. */
const IDLE_STATUS: Shape = {
  has_external_agent: 'flag',
  'idle_minutes?': 'whole',
  'will_terminate_in?': 'whole',
  'warning_threshold?': oneOf(true),
};

const RESUMED: Shape = {
  session_id: 'session id',
  status: oneOf('resumed', 'starting'),
  'wolf_lobby_id?': 'text',
  'wolf_lobby_pin?': 'text',
  screenshot_url: 'text',
};

export const STOPPED: Shape = { message: 'text', session_id: 'session id' };

export const SESSION_ROUTES: RouteTable = {
  'GET /api/v1/sessions': {
    reference: '§2.2',
    audience: 'user',
    answers: {
      200: json({
        sessions: [SESSION_SUMMARY],
        page: 'whole',
        pageSize: 'whole',
        totalCount: 'whole',
        totalPages: 'whole',
      }),
    },
    refusals: ['400 INVALID_REQUEST'],
  },
  'GET /api/v1/sessions/{id}': { reference: '§2.1, §2.2', audience: 'session owner', answers: { 200: json(SESSION) } },
  'PUT /api/v1/sessions/{id}': {
    reference: '§2.2',
    audience: 'session owner',
    answers: { 200: json(SESSION) },
    refusals: ['400 INVALID_REQUEST', '413 PAYLOAD_TOO_LARGE'],
  },
  'DELETE /api/v1/sessions/{id}': { reference: '§2.2', audience: 'session owner', answers: { 200: json(SESSION) } },
  'GET /api/v1/sessions/{id}/wolf-app-state': {
    reference: '§2.3',
    audience: 'session owner',
    answers: { 200: json(WOLF_APP_STATE) },
  },
  'GET /api/v1/sessions/{id}/idle-status': {
    reference: '§2.2, §2.4',
    audience: 'session owner',
    answers: { 200: json(IDLE_STATUS) },
  },
  'POST /api/v1/sessions/{id}/resume': {
    reference: '§2.2',
    audience: 'session owner',
    answers: { 200: json(RESUMED), 202: json(RESUMED) },
    refusals: ['503 PLACEMENT_ALL_FULL'],
  },
  'DELETE /api/v1/sessions/{id}/stop-external-agent': {
    reference: '§2.2',
    audience: 'session owner',
    answers: { 200: json(STOPPED), 202: json(STOPPED) },
  },
};
