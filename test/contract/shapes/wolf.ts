import { json, type Refusal, type RouteTable } from '../support/route-contract.js';
import { oneOf, type Shape } from '../support/shape.js';

/** §4.2; `wolf_instance_id` is ours, since pairings are listed over all hosts. */
const PENDING_PAIRING: Shape = {
  client_name: 'text',
  uuid: 'text',
  pair_secret: 'text',
  client_ip: 'text',
  pin: oneOf(''),
  expires_at: oneOf(0),
  wolf_instance_id: 'text',
};

/** §4.2. */
const HEALTH: Shape = {
  success: oneOf(true),
  process_uptime_seconds: 'number',
  threads: [
    {
      tid: 'whole',
      name: 'text',
      details: 'text',
      seconds_since_heartbeat: 'number',
      seconds_alive: 'number',
      heartbeat_count: 'whole',
      is_stuck: 'flag',
      current_request_path: 'text',
      request_duration_seconds: 'number',
      has_active_request: 'flag',
      stack_trace: 'text',
    },
  ],
  stuck_thread_count: 'whole',
  total_thread_count: 'whole',
  can_create_new_pipelines: 'flag',
  overall_status: oneOf('healthy', 'degraded', 'critical'),
};

const KEYBOARD_LAYER = {
  pressed_keys: ['whole'],
  pressed_key_names: ['text'],
  modifier_state: { shift: 'flag', ctrl: 'flag', alt: 'flag', meta: 'flag' },
} as const satisfies Shape;

/** §4.2. Ids of streams are texts: they are larger than a JavaScript number holds. */
const KEYBOARDS: Shape = {
  success: oneOf(true),
  sessions: [
    {
      session_id: 'text',
      timestamp_ms: 'whole',
      device_name: 'text',
      device_node: 'text',
      wolf_state: KEYBOARD_LAYER,
      inputtino_state: KEYBOARD_LAYER,
      evdev_state: KEYBOARD_LAYER,
      has_mismatch: 'flag',
      mismatch_description: 'text',
      ...KEYBOARD_LAYER,
    },
  ],
};

/** §4.2: the keys of Wolf, and those that the page looks for. */
const KEYBOARD_RESET: Shape = {
  success: oneOf(true),
  released_keys: ['text'],
  message: 'text',
  session_id: 'text',
  released_key_names: ['text'],
};

/** A host that is not named, not known, or away. */
const HOST: readonly Refusal[] = ['400 INVALID_REQUEST', '404 NOT_FOUND', '503 WOLF_UNREACHABLE'];

export const WOLF_ROUTES: RouteTable = {
  'GET /api/v1/wolf/pairing/pending': {
    reference: '§4.2; of all hosts without wolf_instance_id, §10.7',
    audience: 'admin',
    answers: { 200: json([PENDING_PAIRING]) },
    refusals: ['404 NOT_FOUND', '503 WOLF_UNREACHABLE'],
  },
  'POST /api/v1/wolf/pairing/complete': {
    reference: '§4.2; on any host without wolf_instance_id, §10.7',
    audience: 'admin',
    answers: { 200: json({ success: oneOf(true), message: 'text' }) },
    refusals: ['400 INVALID_REQUEST', '404 NOT_FOUND', '404 WOLF_UNKNOWN_PAIRING', '409 WOLF_PAIRING_ANSWERED'],
  },
  'GET /api/v1/wolf/health': {
    reference: '§4.2',
    audience: 'admin',
    answers: { 200: json(HEALTH) },
    refusals: [...HOST, '502 WOLF_EMPTY_ANSWER'],
  },
  'GET /api/v1/wolf/ui-app-id': {
    reference: '§4.2',
    audience: 'user',
    answers: { 200: json({ wolf_ui_app_id: 'text' }) },
    refusals: ['400 INVALID_REQUEST', '404 SESSION_NOT_FOUND', '404 NO_DESKTOP', '503 WOLF_UNREACHABLE'],
  },
  'GET /api/v1/wolf/keyboard-state': {
    reference: '§4.2; of a session by its id',
    audience: 'user',
    answers: { 200: json(KEYBOARDS) },
    refusals: [...HOST, '404 SESSION_NOT_FOUND'],
  },
  'POST /api/v1/wolf/keyboard-state/reset': {
    reference: '§4.2; of a session by its id',
    audience: 'user',
    answers: { 200: json(KEYBOARD_RESET) },
    refusals: [...HOST, '404 WOLF_UNKNOWN_SESSION', '404 SESSION_NOT_FOUND'],
  },
};
