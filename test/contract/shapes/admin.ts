import { json, NO_BODY, type Refusal, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

/** The GPU card is drawn only where `available` is there and true (§4.3). */
const GPU_STATS: Shape = {
  gpu_name: 'text',
  encoder_session_count: 'whole',
  encoder_average_fps: 'number',
  encoder_average_latency_us: 'number',
  encoder_utilization_percent: 'number',
  gpu_utilization_percent: 'number',
  memory_utilization_percent: 'number',
  memory_used_mb: 'number',
  memory_total_mb: 'number',
  temperature_celsius: 'number',
  query_duration_ms: 'number',
  available: 'flag',
  'error?': 'text',
};

const PIPELINES: Shape = { producer_pipelines: 'whole', consumer_pipelines: 'whole', total_pipelines: 'whole' };

const MEMORY: Shape = {
  success: oneOf(true),
  process_rss_bytes: 'whole',
  gstreamer_buffer_bytes: 'whole',
  total_memory_bytes: 'whole',
  'apps?': [{ app_id: 'text', app_name: 'text', resolution: 'text', client_count: 'whole', memory_bytes: 'whole' }],
  'lobbies?': [
    { lobby_id: 'text', lobby_name: 'text', resolution: 'text', client_count: 'whole', memory_bytes: 'whole' },
  ],
  clients: [
    {
      session_id: 'text',
      client_ip: 'text',
      resolution: 'text',
      'lobby_id?': 'text',
      'app_id?': 'text',
      memory_bytes: 'whole',
    },
  ],
  'gpu_stats?': GPU_STATS,
  'gstreamer_pipelines?': PIPELINES,
};

/** §4.3; `errors` is ours. PINs are left out on purpose. */
const DEBUG: Shape = {
  memory: orNull(MEMORY),
  'apps?': [{ id: 'text', title: 'text' }],
  'lobbies?': [
    {
      id: 'text',
      name: 'text',
      started_by_profile_id: 'text',
      multi_user: 'flag',
      stop_when_everyone_leaves: 'flag',
    },
  ],
  sessions: [
    {
      session_id: 'text',
      'client_unique_id?': 'text',
      client_ip: 'text',
      app_id: 'text',
      'lobby_id?': 'text',
      idle_seconds: 'number',
      display_mode: {
        width: 'whole',
        height: 'whole',
        refresh_rate: 'whole',
        hevc_supported: 'flag',
        av1_supported: 'flag',
      },
    },
  ],
  moonlight_clients: [{ session_id: 'text', 'client_unique_id?': 'text', mode: 'text', has_websocket: 'flag' }],
  wolf_mode: oneOf('lobbies', 'apps'),
  'gpu_stats?': GPU_STATS,
  'gstreamer_pipelines?': PIPELINES,
  'errors?': {},
};

const RUNNER: Shape = {
  id: 'text',
  kind: oneOf('wolf', 'moonlight', 'hydra', 'sandbox'),
  'wolf_instance_id?': 'text',
  'wolf_instance?': {
    status: oneOf('online', 'degraded', 'draining', 'cordoned', 'offline'),
    conditions: ['text'],
    cordoned: 'flag',
    draining: 'flag',
    connected_sandboxes: 'whole',
    max_sandboxes: 'whole',
  },
  'session_id?': 'session id',
  state: oneOf('connected', 'grace'),
  principal: 'text',
  generation: 'whole',
  in_grace: 'flag',
  'transport?': oneOf('hijack', 'websocket', 'mux', 'mux-websocket'),
  'remote_address?': 'text',
  'connected_since?': 'time',
  'last_seen?': 'time',
  'round_trip_ms?': orNull('number'),
  'unanswered_ms?': 'whole',
  'resume_left_ms?': 'whole',
  'resumptions?': 'whole',
  'open_streams?': 'whole',
  'bytes_in?': 'whole',
  'bytes_out?': 'whole',
  'lost_since?': 'time',
  'grace_left_ms?': 'whole',
  'waiting_dials?': 'whole',
};

/** Of a key, never the key. */
export const API_KEY = {
  id: 'text',
  user_id: 'text',
  name: 'text',
  hint: 'text',
  admin: 'flag',
  created_at: 'time',
  expires_at: orNull('time'),
  last_used_at: orNull('time'),
  app_id: orNull('text'),
} as const satisfies Shape;

const HOST: readonly Refusal[] = ['400 INVALID_REQUEST', '404 NOT_FOUND'];

export const ADMIN_ROUTES: RouteTable = {
  'GET /api/v1/admin/agent-sandboxes/debug': {
    reference: '§4.3',
    audience: 'admin',
    answers: { 200: json(DEBUG) },
    refusals: HOST,
  },
  'GET /api/v1/admin/agent-sandboxes/events': {
    reference: '§4.3',
    audience: 'admin',
    answers: {
      200: {
        contentType: 'text/event-stream',
        headers: { 'Cache-Control': /no-cache/, 'X-Accel-Buffering': 'no' },
      },
    },
    refusals: HOST,
  },
  'DELETE /api/v1/admin/wolf/lobbies/{id}': {
    reference: '§4.3',
    audience: 'admin',
    answers: { 200: NO_BODY },
    refusals: [...HOST, '404 WOLF_UNKNOWN_LOBBY', '409 LOBBY_PIN_UNKNOWN', '503 WOLF_UNREACHABLE'],
  },
  'DELETE /api/v1/admin/wolf/sessions/{id}': {
    reference: '§4.3',
    audience: 'admin',
    answers: { 200: NO_BODY },
    refusals: [...HOST, '503 WOLF_UNREACHABLE'],
  },
  'GET /api/v1/admin/runners': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json({ runners: [RUNNER], total: 'whole' }) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'POST /api/v1/admin/api-keys': {
    reference: 'ours',
    audience: 'admin',
    answers: { 201: json({ ...API_KEY, key: 'text' }) },
    refusals: ['400 INVALID_REQUEST', '409 TOO_MANY_KEYS'],
  },
  'GET /api/v1/admin/api-keys': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json([API_KEY]) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'DELETE /api/v1/admin/api-keys/{id}': {
    reference: 'ours',
    audience: 'admin',
    answers: { 204: NO_BODY },
    refusals: ['404 NOT_FOUND'],
  },
};
