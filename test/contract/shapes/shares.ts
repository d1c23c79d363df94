import { json, NO_BODY, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

const ROLE = oneOf('view', 'control');

const SHARE = {
  id: 'text',
  role: ROLE,
  user_id: orNull('text'),
  label: 'text',
  created_by: 'text',
  created_at: 'time',
  expires_at: 'time',
} as const satisfies Shape;

export const SHARE_ROUTES: RouteTable = {
  'GET /api/v1/sessions/{id}/access': {
    reference: 'ours',
    audience: 'session viewer',
    answers: {
      200: json({
        session_id: 'session id',
        name: 'text',
        state: oneOf('queued', 'placing', 'starting', 'running', 'stopping', 'stopped', 'failed'),
        role: ROLE,
        via: oneOf('owner', 'admin', 'share'),
        expires_at: orNull('time'),
        view_only_enforced: 'flag',
        display: { width: 'whole', height: 'whole', refresh_rate: 'whole' },
      }),
    },
  },
  'POST /api/v1/sessions/{id}/shares': {
    reference: 'ours',
    audience: 'session owner',
    answers: {
      201: json({ ...SHARE, 'token?': 'text', 'url?': 'text', view_only_enforced: 'flag', 'note?': 'text' }),
    },
    refusals: ['400 INVALID_REQUEST', '409 TOO_MANY_SHARES'],
  },
  'GET /api/v1/sessions/{id}/shares': {
    reference: 'ours',
    audience: 'session owner',
    answers: { 200: json([SHARE]) },
  },
  'DELETE /api/v1/sessions/{id}/shares/{shareId}': {
    reference: 'ours',
    audience: 'session owner',
    answers: { 204: NO_BODY },
    refusals: ['404 NOT_FOUND'],
  },
};
