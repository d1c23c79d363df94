import { json, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

/** §4.1; GPU vendor and render node are of later hosts (§10.4). */
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
  'DELETE /api/v1/wolf-instances/{id}': {
    reference: '§4.1',
    audience: 'admin',
    answers: { 200: json(OK) },
    refusals: ['400 INVALID_REQUEST', '404 NOT_FOUND', '409 INSTANCE_IN_USE'],
  },
};
