import { DEFAULT_CLIENT_SETTINGS, type ClientSettings } from '../client-settings.js';
import { reads, takes, type WolfEndpoint } from '../endpoint.js';
import { type Lobby, LobbyPointer, type VideoSettings, printLobby } from '../lobby-table.js';
import {
  createLobbyRequest,
  joinLobbyRequest,
  leaveLobbyRequest,
  stopLobbyRequest,
  type CreateLobbyRequest,
} from '../required-fields.js';
import { reprintRunner } from '../runner-description.js';
import type { WolfCore } from '../wolf-core.js';
import { createCapMs, isAtLeast } from '../wolf-era.js';
import { failure, success, type WolfReply } from '../wolf-reply.js';

/** wolf-api §3.5. */
export const LOBBY_ENDPOINTS: readonly WolfEndpoint[] = [
  reads('/lobbies', 'nov25', (core) =>
    success({ lobbies: core.faults.listsNothing ? [] : core.lobbies.list().map(printLobby) }),
  ),
  takes({
    path: '/lobbies/create',
    since: 'nov25',
    shape: createLobbyRequest,
    answer: createLobby,
  }),
  takes({
    path: '/lobbies/join',
    since: 'nov25',
    shape: () => joinLobbyRequest,
    answer: (core, request) => {
      const sessionId = core.toU64(request.moonlight_session_id);
      return outcome(core.life.join(request.lobby_id, sessionId, request.pin));
    },
  }),
  takes({
    path: '/lobbies/leave',
    since: 'nov25',
    shape: leaveLobbyRequest,
    answer: async (core, request) => {
      const sessionId = core.toU64(request.moonlight_session_id);
      await core.life.leave(request.lobby_id, sessionId, request.skip_producer_switch ?? false);
      return success();
    },
  }),
  takes({
    path: '/lobbies/stop',
    since: 'nov25',
    shape: () => stopLobbyRequest,
    answer: async (core, request) => outcome(await core.life.stop(request.lobby_id, request.pin)),
  }),
];

function outcome(refusal: string | undefined): WolfReply {
  return refusal === undefined ? success() : failure(refusal);
}

/** In the list from the first moment, answered when the compositor is ready, and only then with a container (§4.2). */
async function createLobby(core: WolfCore, request: CreateLobbyRequest): Promise<WolfReply> {
  const { faults, life } = core;
  const lobby = newLobby(core, request);
  const twin = faults.duplicateLobby ? newLobby(core, request) : undefined;
  const made = twin === undefined ? [lobby] : [twin, lobby];
  for (const each of made) life.announce(each);

  const hasCompositor = lobby.video.video_source_mode !== 'pipewire';
  const capMs = faults.createTimeoutMs ?? createCapMs(core.era);
  const readyAfterMs = hasCompositor ? faults.createDelayMs : 0;
  if (hasCompositor && (faults.createTimesOutLeavingLobby || readyAfterMs > capMs)) {
    await core.wait(capMs);
    // The compositor comes too late for the answer, but it comes, and the container after it.
    core.wait(Math.max(readyAfterMs - capMs, 0)).then(
      () => {
        runAll(core, made);
      },
      () => undefined,
    );
    return failure('Lobby setup timed out');
  }
  await core.wait(readyAfterMs);
  runAll(core, made);
  return success({ lobby_id: lobby.id });
}

function runAll(core: WolfCore, lobbies: readonly Lobby[]): void {
  for (const lobby of lobbies) {
    if (lobby.state === 'standing') core.life.run(lobby);
  }
}

function newLobby(core: WolfCore, request: CreateLobbyRequest): Lobby {
  return {
    id: core.newLobbyId(),
    profileId: request.profile_id,
    name: request.name,
    iconPngPath: request.icon_png_path,
    multiUser: request.multi_user,
    stopWhenEveryoneLeaves: request.stop_when_everyone_leaves,
    pin: request.pin,
    video: filledVideo(core, request),
    audioChannelCount: request.audio_settings.channel_count,
    clientSettings: filledSettings(request.client_settings),
    runnerStateFolder: request.runner_state_folder,
    runner: reprintRunner(request.runner),
    connectedSessionIds: [],
    pointer: new LobbyPointer(),
    running: undefined,
    state: 'standing',
  };
}

/** From January 2026 empty strings are filled in; before, they are used as they are. */
function filledVideo(core: WolfCore, { video_settings: video }: CreateLobbyRequest): VideoSettings {
  const fills = isAtLeast(core.era, 'jan26-required-mode');
  const renderNode = '/dev/dri/renderD128';
  return {
    width: video.width,
    height: video.height,
    refresh_rate: video.refresh_rate,
    wayland_render_node: fills && video.wayland_render_node === '' ? renderNode : video.wayland_render_node,
    runner_render_node: fills && video.runner_render_node === '' ? renderNode : video.runner_render_node,
    video_producer_buffer_caps:
      fills && video.video_producer_buffer_caps === '' ? 'video/x-raw' : video.video_producer_buffer_caps,
    video_source_mode: fills ? (video.video_source_mode ?? 'wayland') : undefined,
  };
}

function filledSettings(sent: CreateLobbyRequest['client_settings']): ClientSettings {
  return {
    run_uid: sent?.run_uid ?? DEFAULT_CLIENT_SETTINGS.run_uid,
    run_gid: sent?.run_gid ?? DEFAULT_CLIENT_SETTINGS.run_gid,
    controllers_override: sent?.controllers_override ?? DEFAULT_CLIENT_SETTINGS.controllers_override,
    mouse_acceleration: sent?.mouse_acceleration ?? DEFAULT_CLIENT_SETTINGS.mouse_acceleration,
    v_scroll_acceleration: sent?.v_scroll_acceleration ?? DEFAULT_CLIENT_SETTINGS.v_scroll_acceleration,
    h_scroll_acceleration: sent?.h_scroll_acceleration ?? DEFAULT_CLIENT_SETTINGS.h_scroll_acceleration,
  };
}
