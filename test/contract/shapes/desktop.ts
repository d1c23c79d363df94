import { JSON_TYPE, NO_BODY, type Answer, type Refusal, type RouteTable } from '../support/route-contract.js';
import { oneOf, type Shape } from '../support/shape.js';

/** §3.3: the desktop's own type, whatever was asked for; kept by the viewer only to be asked about again. */
const PICTURE: Answer = {
  contentType: 'image/',
  headers: {
    ETag: /^"[0-9a-z-]+"$/,
    'Cache-Control': 'private, no-cache, must-revalidate',
    'Content-Length': /^\d+$/,
  },
};

/** §3.3: after a resume a kept one would be taken for what the desktop shows then. */
const PAUSED_PICTURE: Answer = {
  contentType: 'image/',
  headers: { 'X-Paused-Screenshot': 'true', 'Cache-Control': 'no-cache, no-store, must-revalidate' },
};

export const CLIPBOARD: Shape = { type: oneOf('text', 'image'), data: 'text' };

/** Whatever goes through the tunnel. 404 is "no desktop" and final; all that may pass by itself is 503 (§3.3, §10.3). */
const TUNNEL: readonly Refusal[] = [
  '404 NO_DESKTOP',
  '503 DESKTOP_STARTING',
  '503 RUNNER_NOT_CONNECTED',
  '502 SERVICE_DOWN',
  '504 UPSTREAM_TIMEOUT',
];

export const DESKTOP_ROUTES: RouteTable = {
  'GET /api/v1/external-agents/{id}/screenshot': {
    reference: '§3.3',
    audience: 'session viewer',
    answers: {
      200: PICTURE,
      '200 paused': PAUSED_PICTURE,
      304: { contentType: null, headers: { ETag: /^"/, 'Cache-Control': 'private, no-cache, must-revalidate' } },
    },
    refusals: [...TUNNEL, '400 INVALID_REQUEST', '502 DESKTOP_ERROR', '502 DESKTOP_INVALID_ANSWER'],
  },
  'GET /api/v1/external-agents/{id}/clipboard': {
    reference: '§3.4',
    audience: 'session controller',
    // An empty one is JSON of no bytes.
    answers: { 200: { contentType: JSON_TYPE } },
    refusals: [...TUNNEL, '502 DESKTOP_ERROR', '502 DESKTOP_INVALID_ANSWER'],
  },
  'POST /api/v1/external-agents/{id}/clipboard': {
    reference: '§3.4',
    audience: 'session controller',
    answers: { 200: NO_BODY },
    refusals: [...TUNNEL, '400 INVALID_REQUEST', '413 CLIPBOARD_TOO_LARGE', '502 DESKTOP_ERROR'],
  },
};
