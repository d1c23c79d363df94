import { json, NO_BODY, type RouteTable } from '../support/route-contract.js';
import { oneOf } from '../support/shape.js';
import { API_KEY } from './admin.js';

export const USER_ROUTES: RouteTable = {
  'GET /api/v1/auth/authenticated': {
    reference: '§1.4',
    audience: 'public',
    answers: { 200: json({ authenticated: 'flag' }) },
  },
  'GET /api/v1/auth/user': {
    reference: '§1.4',
    audience: 'user',
    answers: { 200: json({ id: 'text', email: 'text', token: 'text', name: 'text' }) },
  },
  'GET /api/v1/status': {
    reference: '§1.4',
    audience: 'user',
    answers: { 200: json({ admin: 'flag', user: 'text', slug: 'text', config: {} }) },
    refusals: ['503 AUTHENTICATION_AWAY'],
  },
  'GET /api/v1/config': {
    reference: '§4.4',
    audience: 'public',
    answers: {
      200: json({
        moonlight_web_mode: oneOf('single', 'multi'),
        streaming_bitrate_mbps: 'number',
        version: 'text',
        latest_version: 'text',
      }),
    },
  },
  'GET /api/v1/api_keys': { reference: '§1.2', audience: 'user', answers: { 200: json([API_KEY]) } },
  'POST /api/v1/api_keys': {
    reference: '§1.2',
    audience: 'user',
    answers: { 201: json({ ...API_KEY, key: 'text' }) },
    refusals: ['400 INVALID_REQUEST', '409 TOO_MANY_KEYS'],
  },
  'DELETE /api/v1/api_keys/{id}': {
    reference: '§1.2',
    audience: 'user',
    answers: { 204: NO_BODY },
    refusals: ['404 NOT_FOUND'],
  },
  'GET /healthz': { reference: 'ours', audience: 'public', answers: { 200: json({ status: oneOf('ok') }) } },
  'GET /readyz': {
    reference: 'ours',
    audience: 'public',
    answers: { 200: json({ status: oneOf('ready') }) },
    refusals: ['503 NOT_READY'],
  },
  'GET /metrics': { reference: 'ours', audience: 'admin', answers: { 200: { contentType: 'text/plain' } } },
  'GET /api/v1/openapi.json': {
    reference: 'ours',
    audience: 'public',
    answers: { 200: json({ openapi: 'text', info: {}, paths: {} }) },
  },
};
