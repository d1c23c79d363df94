import { partialClientSettings, wholeClientSettings, type PartialClientSettings } from './client-settings.js';
import type { Pin } from './lobby-table.js';
import { sentRunner, type SentRunner } from './runner-description.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';
import { flag, integer, listOf, optional, shortInteger, struct, text, type WolfShape } from './wolf-shape.js';
import { u64Text } from './wolf-u64.js';

/** Request bodies whose required fields differ from era to era, or are shared (wolf-api §3). */

export const pin = listOf(shortInteger);

const videoMembers = {
  width: integer,
  height: integer,
  refresh_rate: integer,
  wayland_render_node: text,
  runner_render_node: text,
  video_producer_buffer_caps: text,
};

export interface CreateLobbyRequest {
  readonly profile_id: string;
  readonly name: string;
  readonly icon_png_path: string | undefined;
  readonly multi_user: boolean;
  readonly stop_when_everyone_leaves: boolean;
  readonly pin: Pin | undefined;
  readonly video_settings: VideoRequest;
  readonly audio_settings: { readonly channel_count: number };
  readonly client_settings: PartialClientSettings | undefined;
  readonly runner_state_folder: string;
  readonly runner: SentRunner;
}

interface VideoRequest {
  readonly width: number;
  readonly height: number;
  readonly refresh_rate: number;
  readonly wayland_render_node: string;
  readonly runner_render_node: string;
  readonly video_producer_buffer_caps: string;
  readonly video_source_mode?: string | undefined;
}

/** `video_source_mode` is unknown to the first lobbies, then required for some weeks, then optional. */
export function createLobbyRequest(era: WolfEra): WolfShape<CreateLobbyRequest> {
  return struct({
    profile_id: text,
    name: text,
    icon_png_path: optional(text),
    multi_user: flag,
    stop_when_everyone_leaves: flag,
    pin: optional(pin),
    video_settings: videoSettings(era),
    audio_settings: struct({ channel_count: integer }),
    client_settings: optional(partialClientSettings),
    runner_state_folder: text,
    runner: sentRunner,
  });
}

function videoSettings(era: WolfEra): WolfShape<VideoRequest> {
  switch (era) {
    case 'u24':
    case 'nov25':
    case 'dec25':
      return struct(videoMembers);
    case 'jan26-required-mode':
      return struct({ ...videoMembers, video_source_mode: text });
    case 'jan26':
      return struct({ ...videoMembers, video_source_mode: optional(text) });
    default:
      return era satisfies never;
  }
}

export const joinLobbyRequest = struct({
  lobby_id: text,
  moonlight_session_id: u64Text,
  pin: optional(pin),
});

interface LeaveLobbyRequest {
  readonly lobby_id: string;
  readonly moonlight_session_id: string;
  readonly skip_producer_switch?: boolean;
}

export function leaveLobbyRequest(era: WolfEra): WolfShape<LeaveLobbyRequest> {
  const members = { lobby_id: text, moonlight_session_id: u64Text };
  return isAtLeast(era, 'dec25') ? struct({ ...members, skip_producer_switch: flag }) : struct(members);
}

export const stopLobbyRequest = struct({ lobby_id: text, pin: optional(pin) });

/** The conversion of the id is the handler's, and unguarded. */
export const sessionIdRequest = struct({ session_id: text });

export interface AddSessionRequest {
  readonly app_id: string;
  readonly client_id: string;
  readonly client_ip: string;
  readonly video_width: number;
  readonly video_height: number;
  readonly video_refresh_rate: number;
  readonly audio_channel_count: number;
  readonly aes_key?: string;
  readonly aes_iv?: string;
  readonly rtsp_fake_ip?: string;
  readonly immediate_lobby_id?: string | undefined;
}

/** Everything that the list shows is required, even what is ignored afterwards. */
export function addSessionRequest(era: WolfEra): WolfShape<AddSessionRequest> {
  const stream = {
    video_width: integer,
    video_height: integer,
    video_refresh_rate: integer,
    audio_channel_count: integer,
  };
  const oldest = { app_id: text, client_id: text, client_ip: text };
  if (era === 'u24') return struct({ ...oldest, ...stream });
  const nov25 = {
    ...oldest,
    client_unique_id: text,
    aes_key: text,
    aes_iv: text,
    rtsp_fake_ip: text,
    ...stream,
    client_settings: wholeClientSettings,
  };
  if (era === 'nov25') return struct(nov25);
  const dec25 = { ...nov25, idle_seconds: integer };
  return era === 'dec25' ? struct(dec25) : struct({ ...dec25, immediate_lobby_id: optional(text) });
}
