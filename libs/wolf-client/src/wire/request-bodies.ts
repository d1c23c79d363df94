import { MAX_DISPLAY_PIXELS, MAX_REFRESH_RATE_HZ, MAX_REQUEST_BYTES } from '../limits.js';
import type {
  CreateLobbyRequest,
  DockerRunner,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  LobbyClientSettings,
  LobbyVideo,
  ProcessRunner,
  StopLobbyRequest,
} from '../model/lobby.js';
import type { PairClientRequest } from '../model/streaming.js';
import {
  checkBoolean,
  checkFilledText,
  checkFinite,
  checkInteger,
  checkJsonObjectText,
  checkLobbyId,
  checkOneOf,
  checkPairingPin,
  checkPairSecret,
  checkSessionId,
  checkText,
  checkTexts,
  invalid,
  pinMember,
} from './request-checks.js';

const SOURCE_AND_DESTINATION = /^[^:]+:[^:]+(?::[^:]*)?$/;
const PORTS = /^[0-9]{1,5}:[0-9]{1,5}(?:\/(?:tcp|udp))?$/;
const VARIABLE = /^[^=]+=/;
const LARGEST_ID = 2 ** 31 - 1;

/** Body of `POST /lobbies/create`, complete for every era (wolf-api §3.5). @throws WolfError WOLF_INVALID_REQUEST */
export function createLobbyBody(request: CreateLobbyRequest): string {
  const body = JSON.stringify({
    profile_id: checkFilledText('profileId', request.profileId),
    name: checkText('name', request.name),
    ...(request.iconPngPath !== undefined && { icon_png_path: checkText('iconPngPath', request.iconPngPath) }),
    multi_user: checkBoolean('multiUser', request.multiUser),
    stop_when_everyone_leaves: checkBoolean('stopWhenEveryoneLeaves', request.stopWhenEveryoneLeaves),
    ...pinMember(request.pin),
    video_settings: videoSettings(request.video),
    audio_settings: { channel_count: checkOneOf('audio.channelCount', request.audio.channelCount, [2, 6, 8]) },
    ...(request.clientSettings !== undefined && { client_settings: clientSettings(request.clientSettings) }),
    runner_state_folder: checkFilledText('runnerStateFolder', request.runnerStateFolder),
    runner: request.runner.type === 'docker' ? dockerRunner(request.runner) : processRunner(request.runner),
  });
  if (Buffer.byteLength(body) > MAX_REQUEST_BYTES) throw invalid('the request', 'is too long');
  return body;
}

/** Body of `POST /lobbies/join`. @throws WolfError WOLF_INVALID_REQUEST */
export function joinLobbyBody(request: JoinLobbyRequest): string {
  return JSON.stringify({
    lobby_id: checkLobbyId(request.lobbyId),
    moonlight_session_id: checkSessionId(request.sessionId),
    ...pinMember(request.pin),
  });
}

/** Body of `POST /lobbies/leave`. @throws WolfError WOLF_INVALID_REQUEST */
export function leaveLobbyBody(request: LeaveLobbyRequest): string {
  return JSON.stringify({
    lobby_id: checkLobbyId(request.lobbyId),
    moonlight_session_id: checkSessionId(request.sessionId),
    // Required from December 2025, ignored before.
    skip_producer_switch: false,
  });
}

/** Body of `POST /lobbies/stop`. @throws WolfError WOLF_INVALID_REQUEST */
export function stopLobbyBody(request: StopLobbyRequest): string {
  return JSON.stringify({ lobby_id: checkLobbyId(request.lobbyId), ...pinMember(request.pin) });
}

/** Body of `POST /sessions/stop` and of `POST /keyboard/reset`. @throws WolfError WOLF_INVALID_REQUEST */
export function sessionBody(sessionId: string): string {
  return JSON.stringify({ session_id: checkSessionId(sessionId) });
}

/** Body of `POST /pair/client`. @throws WolfError WOLF_INVALID_REQUEST */
export function pairClientBody(request: PairClientRequest): string {
  return JSON.stringify({ pair_secret: checkPairSecret(request.pairSecret), pin: checkPairingPin(request.pin) });
}

function videoSettings(video: LobbyVideo): object {
  return {
    width: checkInteger('video.width', video.width, 1, MAX_DISPLAY_PIXELS),
    height: checkInteger('video.height', video.height, 1, MAX_DISPLAY_PIXELS),
    refresh_rate: checkInteger('video.refreshRate', video.refreshRate, 1, MAX_REFRESH_RATE_HZ),
    wayland_render_node: checkFilledText('video.waylandRenderNode', video.waylandRenderNode),
    runner_render_node: checkFilledText('video.runnerRenderNode', video.runnerRenderNode),
    video_producer_buffer_caps: checkFilledText('video.videoProducerBufferCaps', video.videoProducerBufferCaps),
    video_source_mode: checkOneOf('video.videoSourceMode', video.videoSourceMode, ['wayland', 'pipewire']),
  };
}

function clientSettings(settings: LobbyClientSettings): object {
  const { runUid, runGid, mouseAcceleration, verticalScrollAcceleration, horizontalScrollAcceleration } = settings;
  return {
    ...(runUid !== undefined && { run_uid: checkInteger('clientSettings.runUid', runUid, 0, LARGEST_ID) }),
    ...(runGid !== undefined && { run_gid: checkInteger('clientSettings.runGid', runGid, 0, LARGEST_ID) }),
    ...(mouseAcceleration !== undefined && {
      mouse_acceleration: checkFinite('clientSettings.mouseAcceleration', mouseAcceleration),
    }),
    ...(verticalScrollAcceleration !== undefined && {
      v_scroll_acceleration: checkFinite('clientSettings.verticalScrollAcceleration', verticalScrollAcceleration),
    }),
    ...(horizontalScrollAcceleration !== undefined && {
      h_scroll_acceleration: checkFinite('clientSettings.horizontalScrollAcceleration', horizontalScrollAcceleration),
    }),
  };
}

function dockerRunner(runner: DockerRunner): object {
  const colonRule = 'must be source:destination, optionally with :mode';
  return {
    type: 'docker',
    name: checkFilledText('runner.name', runner.name),
    image: checkFilledText('runner.image', runner.image),
    mounts: checkTexts('runner.mounts', runner.mounts, SOURCE_AND_DESTINATION, colonRule),
    env: checkTexts('runner.env', runner.env, VARIABLE, 'must be NAME=value'),
    devices: checkTexts('runner.devices', runner.devices, SOURCE_AND_DESTINATION, colonRule),
    ports: checkTexts('runner.ports', runner.ports, PORTS, 'must be host:container, optionally with /tcp or /udp'),
    ...(runner.baseCreateJson !== undefined && {
      base_create_json: checkJsonObjectText('runner.baseCreateJson', runner.baseCreateJson),
    }),
  };
}

function processRunner(runner: ProcessRunner): object {
  return { type: 'process', run_cmd: checkFilledText('runner.runCommand', runner.runCommand) };
}
