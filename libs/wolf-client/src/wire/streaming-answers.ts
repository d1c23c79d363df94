import { z } from 'zod';
import { parseWolfLobbyId } from '../model/ids.js';
import type {
  KeyboardLayer,
  KeyboardReset,
  PendingPairing,
  WolfApp,
  WolfKeyboardState,
  WolfSession,
} from '../model/streaming.js';
import { listOf, u64 } from './answer.js';
import { listedRunner } from './lobby-answers.js';

/** `aes_key` and `aes_iv` are not named here, and so end here. */
const session = z
  .object({
    app_id: z.string(),
    client_id: u64,
    client_ip: z.string(),
    client_unique_id: z.string().nullish(),
    video_width: z.int(),
    video_height: z.int(),
    video_refresh_rate: z.int(),
    audio_channel_count: z.int(),
    idle_seconds: z.int().nullish(),
    immediate_lobby_id: z.string().nullish(),
  })
  .transform((wire): WolfSession => {
    // Free text: Wolf does not check what it is given when the session is configured.
    const immediateLobbyId = parseWolfLobbyId(wire.immediate_lobby_id ?? '');
    return {
      id: wire.client_id,
      appId: wire.app_id,
      clientIp: wire.client_ip,
      clientUniqueId: wire.client_unique_id ?? '',
      width: wire.video_width,
      height: wire.video_height,
      refreshRate: wire.video_refresh_rate,
      audioChannelCount: wire.audio_channel_count,
      ...(typeof wire.idle_seconds === 'number' && { idleSeconds: wire.idle_seconds }),
      ...(immediateLobbyId !== undefined && { immediateLobbyId }),
    };
  });

/** `GET /sessions` (wolf-api §3.3). */
export const sessionsAnswer = z.object({ sessions: listOf(session) }).transform((wire) => wire.sessions);

const app = z
  .object({
    id: z.string(),
    title: z.string(),
    support_hdr: z.boolean(),
    icon_png_path: z.string().nullish(),
    render_node: z.string(),
    start_virtual_compositor: z.boolean(),
    // Younger than the rest.
    start_audio_server: z.boolean().default(true),
    runner: listedRunner,
  })
  .transform((wire): WolfApp => {
    const icon = wire.icon_png_path;
    return {
      id: wire.id,
      title: wire.title,
      supportHdr: wire.support_hdr,
      ...(typeof icon === 'string' && { iconPngPath: icon }),
      renderNode: wire.render_node,
      startVirtualCompositor: wire.start_virtual_compositor,
      startAudioServer: wire.start_audio_server,
      runner: wire.runner,
    };
  });

/** `GET /apps` (wolf-api §3.1). */
export const appsAnswer = z.object({ apps: listOf(app) }).transform((wire) => wire.apps);

/** The oldest Wolf puts the client's address under the key `pin` (wolf-api §3.6). */
const pending = z
  .object({ pair_secret: z.string(), client_ip: z.string().nullish(), pin: z.string().nullish() })
  .transform((wire): PendingPairing => ({
    pairSecret: wire.pair_secret,
    clientIp: wire.client_ip ?? wire.pin ?? '',
  }));

/** `GET /pair/pending`. */
export const pendingPairingsAnswer = z.object({ requests: listOf(pending) }).transform((wire) => wire.requests);

const modifiers = z.object({
  shift: z.boolean().default(false),
  ctrl: z.boolean().default(false),
  alt: z.boolean().default(false),
  meta: z.boolean().default(false),
});

const layer = z.object({
  pressed_keys: listOf(z.number()).default([]),
  pressed_key_names: listOf(z.string()).default([]),
  modifier_state: modifiers.default({ shift: false, ctrl: false, alt: false, meta: false }),
});

/** Both shapes: the flat one of November 2025, and the one with a layer for each part of the host (wolf-api §3.8). */
const keyboard = layer
  .extend({
    session_id: u64,
    timestamp_ms: z.number().default(0),
    device_name: z.string().default(''),
    device_node: z.string().nullish(),
    wolf_state: layer.nullish(),
    inputtino_state: layer.nullish(),
    evdev_state: layer.nullish(),
    has_mismatch: z.boolean().nullish(),
    mismatch_description: z.string().nullish(),
  })
  .transform((wire): WolfKeyboardState => ({
    sessionId: wire.session_id,
    timestampMs: wire.timestamp_ms,
    ...toLayer(wire),
    deviceName: wire.device_name,
    ...(wire.device_node != null && { deviceNode: wire.device_node }),
    ...(wire.wolf_state != null && { wolf: toLayer(wire.wolf_state) }),
    ...(wire.inputtino_state != null && { inputtino: toLayer(wire.inputtino_state) }),
    ...(wire.evdev_state != null && { evdev: toLayer(wire.evdev_state) }),
    ...(wire.has_mismatch != null && { hasMismatch: wire.has_mismatch }),
    ...(wire.mismatch_description != null && { mismatchDescription: wire.mismatch_description }),
  }));

function toLayer(wire: z.infer<typeof layer>): KeyboardLayer {
  return {
    pressedKeys: wire.pressed_keys,
    pressedKeyNames: wire.pressed_key_names,
    modifiers: wire.modifier_state,
  };
}

/** `GET /keyboard/state`. */
export const keyboardAnswer = z.object({ sessions: listOf(keyboard) }).transform((wire) => wire.sessions);

/** `POST /keyboard/reset`. */
export const keyboardResetAnswer = z
  .object({ released_keys: listOf(z.string()).default([]), message: z.string().default('') })
  .transform((wire): KeyboardReset => ({ releasedKeyNames: wire.released_keys, message: wire.message }));
