import { printClientSettings } from './client-settings.js';
import type { Printable } from './json-writer.js';
import type { Lobby, Pin, VideoSettings } from './lobby-table.js';
import { printRunner } from './runner-description.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';

/** Payloads of lobby events (wolf-api §5.3). They leak the PIN and the environment, as Wolf's do. */

export function createLobbyEvent(lobby: Lobby): Printable {
  return {
    id: lobby.id,
    profile_id: lobby.profileId,
    name: lobby.name,
    icon_png_path: lobby.iconPngPath,
    pin: lobby.pin,
    multi_user: lobby.multiUser,
    stop_when_everyone_leaves: lobby.stopWhenEveryoneLeaves,
    video_settings: printVideoSettings(lobby.video),
    audio_settings: { channel_count: lobby.audioChannelCount },
    client_settings: printClientSettings(lobby.clientSettings),
    runner_state_folder: lobby.runnerStateFolder,
    runner: printRunner(lobby.runner),
  };
}

export function joinLobbyEvent(lobbyId: string, sessionId: string, pin: Pin | undefined): Printable {
  return { lobby_id: lobbyId, moonlight_session_id: sessionId, pin };
}

export function leaveLobbyEvent(era: WolfEra, lobbyId: string, sessionId: string, skipSwitch: boolean): Printable {
  return {
    lobby_id: lobbyId,
    moonlight_session_id: sessionId,
    skip_producer_switch: isAtLeast(era, 'dec25') ? skipSwitch : undefined,
  };
}

function printVideoSettings(video: VideoSettings): Printable {
  return { ...video };
}
