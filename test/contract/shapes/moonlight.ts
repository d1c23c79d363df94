import { json, type Answer, type Refusal, type RouteContract, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull, type Shape } from '../support/shape.js';

/** §4.4. */
const STATUS: Shape = {
  total_clients: 'whole',
  total_sessions: 'whole',
  active_websockets: 'whole',
  clients: [{ client_unique_id: 'text', has_certificate: oneOf(true) }],
  sessions: [
    {
      session_id: 'text',
      client_unique_id: orNull('text'),
      mode: 'text',
      has_websocket: 'flag',
      streamer_pid: orNull('whole'),
      streamer_alive: 'flag',
    },
  ],
};

/** Not gathered by proxies on its way. */
const PASSED = { 'X-Accel-Buffering': 'no' } as const;

const IN_PIECES: Answer = { contentType: 'application/x-ndjson', headers: PASSED };

function passed(answers: RouteContract['answers'], ...refusals: readonly Refusal[]): RouteContract {
  return { reference: '§4.4', audience: 'admin', answers, refusals: ['404 NOT_FOUND', ...refusals] };
}

export const MOONLIGHT_ROUTES: RouteTable = {
  'GET /api/v1/moonlight/status': {
    reference: '§4.4, where the route is switched off',
    audience: 'admin',
    answers: { 200: json(STATUS) },
    refusals: [
      '400 INVALID_REQUEST',
      '404 NOT_FOUND',
      '502 MOONLIGHT_CREDENTIALS_REFUSED',
      '502 MOONLIGHT_INVALID_ANSWER',
      '502 MOONLIGHT_ERROR',
      '503 RUNNER_NOT_CONNECTED',
    ],
  },
  'GET /moonlight/{path}': passed(
    { 200: { contentType: 'application/json', headers: PASSED } },
    '400 INVALID_REQUEST',
    '404 SESSION_NOT_FOUND',
    '404 NO_DESKTOP',
    '404 MOONLIGHT_NOT_FOUND',
    '502 MOONLIGHT_CREDENTIALS_REFUSED',
    '502 MOONLIGHT_ERROR',
    '503 RUNNER_NOT_CONNECTED',
  ),
  'POST /moonlight/{path}': passed(
    {
      200: IN_PIECES,
      201: { contentType: 'application/sdp', headers: { ...PASSED, location: /^\/moonlight\/api\// } },
    },
    '400 INVALID_REQUEST',
    '413 PAYLOAD_TOO_LARGE',
  ),
  'OPTIONS /moonlight/{path}': passed({ 204: { contentType: null, headers: { ...PASSED, link: /^<stun:/ } } }),
  'PATCH /moonlight/{path}': passed({ 204: { contentType: null, headers: PASSED } }, '413 PAYLOAD_TOO_LARGE'),
  'DELETE /moonlight/{path}': passed({ 200: { contentType: null, headers: PASSED } }, '404 MOONLIGHT_NOT_FOUND'),
};
