import { z } from 'zod';
import type { WolfSession } from '../model/session.js';
import { parseWolfLobbyId } from '../values/wolf-lobby-id.js';
import { listOf, u64 } from './scalars.js';

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
    // Free text that Wolf took over unchecked from whoever configured the session.
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
