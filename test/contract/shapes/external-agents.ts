import { json, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';
import { HOST_LOST, QUEUE, STOPPED } from './sessions.js';

const STATUS = oneOf('starting', 'running', 'stopping', 'stopped', 'failed');

/** `ZedAgentResponse` (§3.1); from `desktop_connected` on, ours. */
const EXTERNAL_AGENT: Shape = {
  session_id: 'session id',
  screenshot_url: 'text',
  stream_url: 'text',
  'wolf_app_id?': 'text',
  'wolf_lobby_id?': 'text',
  'wolf_lobby_pin?': 'text',
  'wolf_instance_id?': 'text',
  container_name: 'text',
  websocket_url: 'text',
  auth_token: 'text',
  'error?': 'text',
  status: oneOf('queued', 'starting', 'running', 'stopping', 'stopped', 'failed'),
  desktop_connected: 'flag',
  reachability: orNull('text'),
  'seconds_left?': 'whole',
  'reason?': { code: 'text', message: 'text' },
  'queue?': QUEUE,
  'host_lost?': HOST_LOST,
  on_host_lost: oneOf('fail', 'restart'),
};

/** §3.2, `/rdp`. */
const VIEW: Shape = {
  session_id: 'session id',
  screenshot_url: 'text',
  stream_url: 'text',
  status: STATUS,
  websocket_url: 'text',
  websocket_connected: 'flag',
};

/** §3.2, `/stats`; null is what is not known. `link` and `desktop` are ours. */
const STATS: Shape = {
  session_id: 'session id',
  pid: orNull('whole'),
  start_time: orNull('time'),
  last_access: 'time',
  uptime: orNull('number'),
  workspace_dir: orNull('text'),
  display_num: orNull('whole'),
  rdp_port: orNull('whole'),
  status: STATUS,
  link: { connected: 'flag', transport: orNull('text'), last_seen: orNull('time') },
  'desktop?': {},
};

/** §3.2, `/connections`. */
const CONNECTION: Shape = {
  session_id: 'session id',
  connected_at: 'time',
  last_ping: 'time',
  status: oneOf('connected'),
};

export const EXTERNAL_AGENT_ROUTES: RouteTable = {
  'POST /api/v1/external-agents': {
    reference: '§3.1',
    audience: 'user',
    answers: { 200: json(EXTERNAL_AGENT), 202: json(EXTERNAL_AGENT) },
    refusals: [
      '400 INVALID_REQUEST',
      '403 SESSION_FORBIDDEN',
      '409 SESSION_WRONG_STATE',
      '413 PAYLOAD_TOO_LARGE',
      '502 START_FAILED',
      '503 PLACEMENT_NO_MATCHING_GPU',
      '503 PLACEMENT_NO_MATCHING_LABELS',
      '503 PLACEMENT_ALL_FULL',
      '503 PLACEMENT_ALL_OFFLINE',
      '503 PLACEMENT_NONE_REGISTERED',
    ],
  },
  'GET /api/v1/external-agents': {
    reference: '§3.2',
    audience: 'user',
    answers: { 200: json([EXTERNAL_AGENT]) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'GET /api/v1/external-agents/{id}': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json(EXTERNAL_AGENT) },
  },
  'PUT /api/v1/external-agents/{id}': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json(EXTERNAL_AGENT) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'DELETE /api/v1/external-agents/{id}': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json(STOPPED), 202: json(STOPPED) },
  },
  'GET /api/v1/external-agents/connections': {
    reference: '§3.2',
    audience: 'user',
    answers: { 200: json([CONNECTION]) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'GET /api/v1/external-agents/{id}/rdp': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json(VIEW) },
  },
  'GET /api/v1/external-agents/{id}/stats': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json(STATS) },
  },
  'POST /api/v1/external-agents/{id}/auto-join-lobby': {
    reference: '§3.2',
    audience: 'session owner',
    answers: { 200: json({ success: oneOf(true), lobby_id: 'text', message: 'text' }) },
    refusals: ['400 INVALID_REQUEST', '404 NO_DESKTOP', '404 VIEWER_NOT_CONNECTED', '502 WOLF_EMPTY_ANSWER'],
  },
};
