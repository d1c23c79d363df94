import { json, type RouteTable } from '../support/route-contract.js';
import { oneOf, type Shape } from '../support/shape.js';
import { WOLF_INSTANCE } from './wolf-instances.js';

const REASON = oneOf(
  'none-registered',
  'all-offline',
  'none-in-rotation',
  'no-matching-gpu',
  'no-matching-labels',
  'no-matching-image',
  'all-full',
  'queue-full',
  'queue-timeout',
);

const PLACEMENT = {
  outcome: oneOf('placed', 'refused', 'queued'),
  at: 'time',
  message: 'text',
  'reason?': REASON,
  strategy: oneOf('least-loaded', 'round-robin', 'bin-pack'),
  counts: {},
  considered_count: 'whole',
  chosen: 'flag',
  'wolf_instance_id?': 'text',
  'hosts?': [{ id: 'text', 'chosen?': oneOf(true), 'score?': 'number', why: 'text', 'obstacle?': { code: 'text' } }],
} as const satisfies Shape;

/** What operators do to hosts, and why sessions are where they are. */
export const FLEET_ROUTES: RouteTable = {
  'POST /api/v1/wolf-instances/{id}/cordon': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_INSTANCE', '404 NOT_FOUND'],
  },
  'POST /api/v1/wolf-instances/{id}/uncordon': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['404 NOT_FOUND'],
  },
  'POST /api/v1/wolf-instances/{id}/drain': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_INSTANCE', '404 NOT_FOUND'],
  },
  'PATCH /api/v1/wolf-instances/{id}': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(WOLF_INSTANCE) },
    refusals: ['400 INVALID_REQUEST', '400 INVALID_INSTANCE', '404 NOT_FOUND'],
  },
  'GET /api/v1/sessions/{id}/placement': {
    reference: 'ours',
    audience: 'session owner',
    answers: { 200: json({ session_id: 'session id', ...PLACEMENT }) },
    refusals: ['404 NOT_FOUND'],
  },
  'POST /api/v1/admin/placement/explain': {
    reference: 'ours',
    audience: 'admin',
    answers: { 200: json(PLACEMENT) },
    refusals: ['400 INVALID_REQUEST', '404 SESSION_NOT_FOUND'],
  },
};
