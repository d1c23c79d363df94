import { DEFAULT_CLIENT_SETTINGS, printClientSettings, type ClientSettings } from './client-settings.js';
import type { Printable } from './json.js';
import { isAtLeast, type WolfEra } from './wolf-era.js';

/** One Moonlight client's stream (wolf-api §3.3). */
export interface StreamSession {
  readonly appId: string;
  /** Also the id of the session. */
  readonly clientId: string;
  readonly clientIp: string;
  readonly clientUniqueId: string;
  readonly aesKey: string;
  readonly aesIv: string;
  readonly rtspFakeIp: string;
  readonly width: number;
  readonly height: number;
  readonly refreshRate: number;
  readonly audioChannelCount: number;
  readonly settings: ClientSettings;
  readonly immediateLobbyId: string | undefined;
  /** On the simulator's clock, in milliseconds. */
  lastControlPacketAt: number;
}

/** What a Moonlight launch brings; the rest is made up. */
export interface MoonlightLaunch {
  readonly clientId: string;
  readonly clientUniqueId?: string;
  readonly appId?: string;
  readonly clientIp?: string;
  readonly width?: number;
  readonly height?: number;
  readonly refreshRate?: number;
}

export function launchedSession(launch: MoonlightLaunch, defaultAppId: string, now: number): StreamSession {
  return {
    appId: launch.appId ?? defaultAppId,
    clientId: launch.clientId,
    clientIp: launch.clientIp ?? '127.0.0.1',
    clientUniqueId: launch.clientUniqueId ?? '',
    aesKey: '00112233445566778899AABBCCDDEEFF',
    aesIv: '1311768467',
    rtspFakeIp: '83.11.240.7',
    width: launch.width ?? 1920,
    height: launch.height ?? 1080,
    refreshRate: launch.refreshRate ?? 60,
    audioChannelCount: 2,
    settings: DEFAULT_CLIENT_SETTINGS,
    immediateLobbyId: undefined,
    lastControlPacketAt: now,
  };
}

/** Sessions in the order of their launch. One client may stand in it twice; look-ups then find the first. */
export class SessionTable {
  readonly #sessions: StreamSession[] = [];

  add(session: StreamSession): void {
    this.#sessions.push(session);
  }

  find(id: string): StreamSession | undefined {
    return this.#sessions.find((session) => session.clientId === id);
  }

  list(): readonly StreamSession[] {
    return this.#sessions;
  }

  remove(session: StreamSession): void {
    const index = this.#sessions.indexOf(session);
    if (index >= 0) this.#sessions.splice(index, 1);
  }
}

/** Keys in the order of the wire, fields by era. The stream's keys are in it, as in life. */
export function printSession(session: StreamSession, era: WolfEra, now: number): Printable {
  const nov25 = isAtLeast(era, 'nov25');
  return {
    app_id: session.appId,
    client_id: session.clientId,
    client_ip: session.clientIp,
    client_unique_id: nov25 ? session.clientUniqueId : undefined,
    aes_key: nov25 ? session.aesKey : undefined,
    aes_iv: nov25 ? session.aesIv : undefined,
    rtsp_fake_ip: nov25 ? session.rtspFakeIp : undefined,
    video_width: session.width,
    video_height: session.height,
    video_refresh_rate: session.refreshRate,
    audio_channel_count: session.audioChannelCount,
    client_settings: nov25 ? printClientSettings(session.settings) : undefined,
    idle_seconds: isAtLeast(era, 'dec25') ? Math.floor((now - session.lastControlPacketAt) / 1000) : undefined,
    immediate_lobby_id: isAtLeast(era, 'jan26-required-mode') ? session.immediateLobbyId : undefined,
  };
}
