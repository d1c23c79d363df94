import type { RouteTable } from '../support/route-contract.js';

/** Kept, and asked about each time. */
const ASKED_ABOUT = { 'Cache-Control': 'no-cache', ETag: /^"[\w-]{27}"$/, 'Referrer-Policy': 'no-referrer' };

/** For browsers, and no part of Helix's REST. */
export const CONSOLE_ROUTES: RouteTable = {
  'GET /console/sessions/{id}': {
    reference: 'ours',
    audience: 'public',
    answers: {
      200: {
        contentType: 'text/html; charset=utf-8',
        headers: { ...ASKED_ABOUT, 'Content-Security-Policy': /^default-src 'none'; script-src 'self'; / },
      },
      304: { contentType: null, headers: ASKED_ABOUT },
    },
    refusals: ['404 SESSION_NOT_FOUND'],
  },
  'GET /console/assets/{file}': {
    reference: 'ours',
    audience: 'public',
    answers: {
      '200 script': { contentType: 'text/javascript; charset=utf-8', headers: ASKED_ABOUT },
      '200 style': { contentType: 'text/css; charset=utf-8', headers: ASKED_ABOUT },
      304: { contentType: null, headers: ASKED_ABOUT },
    },
    refusals: ['404 NOT_FOUND'],
  },
};
