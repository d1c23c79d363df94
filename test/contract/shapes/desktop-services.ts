import { json, type RouteTable } from '../support/route-contract.js';

/** Some proxies gather an answer before they pass it on. */
const UNGATHERED = { 'X-Accel-Buffering': 'no' };

/** What later desktops can besides (§3.6). */
export const DESKTOP_SERVICE_ROUTES: RouteTable = {
  'POST /api/v1/external-agents/{id}/upload': {
    reference: '§3.6',
    audience: 'session owner',
    answers: { 200: json({ path: 'text', size: 'whole', filename: 'text' }) },
    refusals: [
      '400 INVALID_REQUEST',
      '409 SESSION_WRONG_STATE',
      '413 UPLOAD_TOO_LARGE',
      '501 DESKTOP_UNSUPPORTED',
      '502 DESKTOP_ERROR',
      '503 RUNNER_NOT_CONNECTED',
    ],
  },
  'POST /api/v1/external-agents/{id}/exec': {
    reference: '§3.6',
    audience: 'session owner',
    answers: {
      200: json({ success: 'flag', 'output?': 'text', 'error?': 'text', exit_code: 'whole', 'pid?': 'whole' }),
    },
    refusals: [
      '400 INVALID_REQUEST',
      '403 EXEC_FORBIDDEN',
      '404 NO_DESKTOP',
      '501 DESKTOP_UNSUPPORTED',
      '502 DESKTOP_ERROR',
      '503 RUNNER_NOT_CONNECTED',
    ],
  },
  'GET /api/v1/external-agents/{id}/logs': {
    reference: '§3.2; followed, §4.3',
    audience: 'session owner',
    answers: {
      200: json({ session_id: 'session id', lines: 'whole', logs: ['text'], timestamp: 'time' }),
      '200 followed as lines': { contentType: 'application/x-ndjson; charset=utf-8', headers: UNGATHERED },
      '200 followed as events': { contentType: 'text/event-stream; charset=utf-8', headers: UNGATHERED },
    },
    refusals: [
      '400 INVALID_REQUEST',
      '404 NO_DESKTOP',
      '501 DESKTOP_UNSUPPORTED',
      '502 DESKTOP_ERROR',
      '503 RUNNER_NOT_CONNECTED',
    ],
  },
};
