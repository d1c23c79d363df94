import { takes, type WolfEndpoint } from '../endpoint.js';
import { failure, success } from '../wolf-reply.js';
import { struct, text } from '../wolf-shape.js';

/** The mark of January 2026 (wolf-api §3.3): the next launch of that client joins the lobby, with no PIN asked. */
export const CONFIGURE_SESSION_ENDPOINT: WolfEndpoint = takes({
  path: '/sessions/configure',
  since: 'jan26-required-mode',
  shape: () => struct({ client_unique_id: text, immediate_lobby_id: text }),
  refuse: (fault) => failure(`Invalid JSON: ${fault}`, 400),
  answer: (core, request) => {
    if (request.client_unique_id === '') return failure('client_unique_id is required', 400);
    if (request.immediate_lobby_id === '') return failure('immediate_lobby_id is required', 400);
    core.immediateLobbies.set(request.client_unique_id, request.immediate_lobby_id);
    return success({ message: 'Session configured for immediate lobby attachment' });
  },
});
