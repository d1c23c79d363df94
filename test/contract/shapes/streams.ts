import { json, NO_BODY, type RouteTable } from '../support/route-contract.js';
import { oneOf, orNull } from '../support/shape.js';

export const STREAM_ROUTES: RouteTable = {
  'GET /api/v1/sessions/{id}/viewers': {
    reference: 'ours',
    audience: 'session owner',
    answers: {
      200: json({
        viewers: [
          {
            id: 'text',
            user_id: orNull('text'),
            share_id: orNull('text'),
            role: oneOf('view', 'control'),
            view_only_enforced: 'flag',
            since: 'time',
            state: oneOf('connecting', 'connected', 'unstable', 'reconnecting'),
            quality: orNull({ width: 'whole', height: 'whole', fps: 'whole', bitrate_kbps: 'whole' }),
            round_trip_ms: orNull('number'),
          },
        ],
      }),
    },
  },
  'DELETE /api/v1/sessions/{id}/viewers/{viewerId}': {
    reference: 'ours',
    audience: 'session owner',
    answers: { 204: NO_BODY },
    refusals: ['404 NOT_FOUND'],
  },
  'POST /api/v1/sessions/{id}/activity': {
    reference: 'ours',
    audience: 'session controller',
    answers: { 204: NO_BODY },
  },
};
