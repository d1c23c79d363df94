import { DEFAULT_CLIENT_SETTINGS } from '../client-settings.js';
import { type WolfEndpoint, reads, takes } from '../endpoint.js';
import { type AddSessionRequest, addSessionRequest, sessionIdRequest } from '../required-fields.js';
import { type StreamSession, printSession } from '../session-table.js';
import { type WolfCore, endSession } from '../wolf-core.js';
import { UncaughtWolfException, type WolfReply, failure, success } from '../wolf-reply.js';
import { anyObject, struct, text } from '../wolf-shape.js';

/** The one client that is paired with this Wolf. */
const PAIRED_CLIENT_ID = '10594003729173467913';

/** wolf-api §3.3. */
export const SESSION_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/sessions', 'u24', (core) =>
    success({ sessions: core.sessions.list().map((session) => printSession(session, core.era, core.now())) }),
  ),
  takes({
    path: '/sessions/add',
    since: 'u24',
    shape: addSessionRequest,
    answer: addSession,
  }),
  takes({
    path: '/sessions/start',
    since: 'nov25',
    shape: () => struct({ session_id: text, video_session: anyObject, audio_session: anyObject }),
    answer: (core, request) => {
      const session = core.sessions.find(core.toU64(request.session_id));
      // The branch that should say so dereferences nothing.
      if (session === undefined) throw new UncaughtWolfException('bad optional access');
      return success();
    },
  }),
  takes({
    path: '/sessions/pause',
    since: 'u24',
    shape: () => sessionIdRequest,
    answer: (core, request) =>
      withSession(core, request.session_id, async (session) => {
        await core.life.leaveByEnd(session.clientId);
        core.events.broadcast('PauseStreamEvent', { session_id: session.clientId });
      }),
  }),
  takes({
    path: '/sessions/stop',
    since: 'u24',
    shape: () => sessionIdRequest,
    answer: (core, request) => withSession(core, request.session_id, (session) => endSession(core, session)),
  }),
  // The mark of January 2026 (wolf-api §3.3): the next launch of that client joins the lobby, with no PIN asked.
  takes({
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
  }),
];

async function withSession(
  core: WolfCore,
  sentId: string,
  act: (session: StreamSession) => Promise<void>,
): Promise<WolfReply> {
  const session = core.sessions.find(core.toU64(sentId));
  if (session === undefined) return failure('Invalid session_id');
  await act(session);
  return success();
}

/** The unique id and the settings of the request are ignored, as Wolf ignores them. */
function addSession(core: WolfCore, request: AddSessionRequest): WolfReply {
  const clientId = core.toU64(request.client_id);
  if (!core.apps.some((app) => app.id === request.app_id)) return failure('Invalid app_id');
  if (clientId !== PAIRED_CLIENT_ID) return failure('Invalid client_id');
  const session: StreamSession = {
    appId: request.app_id,
    clientId,
    clientIp: request.client_ip,
    clientUniqueId: '',
    aesKey: request.aes_key ?? '',
    aesIv: request.aes_iv ?? '',
    rtspFakeIp: request.rtsp_fake_ip ?? '',
    width: request.video_width,
    height: request.video_height,
    refreshRate: request.video_refresh_rate,
    audioChannelCount: request.audio_channel_count,
    settings: DEFAULT_CLIENT_SETTINGS,
    immediateLobbyId: request.immediate_lobby_id,
    lastControlPacketAt: core.now(),
  };
  core.sessions.add(session);
  core.events.broadcast('StreamSession', printSession(session, core.era, core.now()));
  return core.era === 'u24' ? success() : success({ session_id: clientId });
}
