import { json, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

/** §4.1; GPU vendor and render node are of later hosts (§10.4), what follows them is ours. */
export const WOLF_INSTANCE: Shape = {
  id: 'text',
  name: 'text',
  address: 'text',
  status: oneOf('online', 'degraded', 'draining', 'cordoned', 'offline'),
  last_heartbeat: orNull('time'),
  connected_sandboxes: 'whole',
  max_sandboxes: 'whole',
  gpu_type: 'text',
  sway_version: 'text',
  'disk_usage?': [
    {
      mount_point: 'text',
      total_bytes: 'whole',
      used_bytes: 'whole',
      avail_bytes: 'whole',
      used_percent: 'number',
      alert_level: oneOf('ok', 'warning', 'critical'),
    },
  ],
  'disk_alert_level?': oneOf('ok', 'warning', 'critical'),
  created_at: 'time',
  updated_at: 'time',
  gpu_vendor: 'text',
  render_node: 'text',
  status_changed_at: 'time',
  conditions: [
    { type: 'text', effect: oneOf('offline', 'blocks', 'last-choice', 'note'), message: 'text', since: 'time' },
  ],
  link: { connected: 'flag', since: orNull('time') },
  last_heartbeat_received_at: orNull('time'),
  gpus: [{ name: 'text', 'memory_mb?': 'whole', 'encoder_sessions?': 'whole' }],
  labels: 'anything',
  versions: { host: 'text', sway: 'text', desktops: 'anything' },
  capacity: {
    reserved: 'whole',
    confirmed: 'whole',
    foreign: 'whole',
    max: 'whole',
    operator_max: orNull('whole'),
    host_max: orNull('whole'),
    encoder_sessions: orNull('whole'),
    encoder_sessions_max: orNull('whole'),
    video_memory_used_mb: orNull('whole'),
    video_memory_total_mb: orNull('whole'),
    video_memory_per_session_mb: orNull('whole'),
    measured_at: orNull('time'),
  },
  'cordoned?': { at: 'time', by: 'text', reason: 'text' },
  'draining?': { since: 'time', deadline: orNull('time'), by: 'text', reason: 'text' },
};

const DISK_HISTORY: Shape = {
  wolf_instance_id: 'text',
  wolf_name: 'text',
  history: [
    {
      timestamp: 'time',
      mount_point: 'text',
      total_mb: 'whole',
      used_mb: 'whole',
      avail_mb: 'whole',
      used_percent: 'number',
      alert_level: oneOf('ok', 'warning', 'critical'),
    },
  ],
  'containers?': [{ container_name: 'text', latest_size_mb: 'whole' }],
};

const EVENTS: Shape = {
  events: [
    {
      id: 'text',
      wolf_instance_id: 'text',
      at: 'time',
      kind: 'text',
      message: 'text',
      details: 'anything',
      'actor?': 'text',
      'remote_address?': 'text',
    },
  ],
  'next_before?': 'text',
};

const OK: Shape = { status: oneOf('ok') };

export const WOLF_INSTANCE_ROUTES: RouteTable = {
  'POST /api/v1/wolf-instances/register': {
    reference: '§4.1',
    audience: 'host',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_INSTANCE'],
  },
  'POST /api/v1/wolf-instances/{id}/heartbeat': {
    reference: '§4.1',
    audience: 'host',
    answers: { 200: json(OK) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_HEARTBEAT', '404 NOT_FOUND'],
  },
  'POST /api/v1/sandboxes/{id}/heartbeat': {
    reference: '§4.1, later hosts',
    audience: 'host',
    answers: { 200: json(OK) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_HEARTBEAT'],
  },
  'GET /api/v1/wolf-instances': { reference: '§4.1', audience: 'admin', answers: { 200: json([WOLF_INSTANCE]) } },
  'GET /api/v1/wolf-instances/{id}': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['404 NOT_FOUND'],
  },
  'GET /api/v1/wolf-instances/{id}/disk-history': {
    reference: '§4.1',
    audience: 'admin',
    answers: { 200: json(DISK_HISTORY) },
    refusals: ['404 NOT_FOUND'],
  },
  'GET /api/v1/wolf-instances/{id}/events': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(EVENTS) },
    refusals: ['400 INVALID_REQUEST', '404 NOT_FOUND'],
  },
  'GET /api/v1/admin/fleet/events': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(EVENTS) },
    refusals: ['400 INVALID_REQUEST'],
  },
  'DELETE /api/v1/wolf-instances/{id}': {
    reference: '§4.1',
    audience: 'admin',
    answers: { 200: json(OK) },
    refusals: ['400 INVALID_REQUEST', '404 NOT_FOUND', '409 INSTANCE_IN_USE'],
  },
};
