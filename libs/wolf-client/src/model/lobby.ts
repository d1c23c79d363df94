import { randomInt } from 'node:crypto';
import { WolfError } from '../wolf-error.js';
import type { WolfLobbyId, WolfU64 } from './ids.js';

/** A lobby's PIN as Wolf takes it: four digits, one number each. Leading zeros count. It never reaches a log. */
export type LobbyPin = readonly number[] & { readonly __brand: 'LobbyPin' };

const PIN_DIGITS = 4;
const PIN_TEXT = /^[0-9]{4}$/;

/** From the four-character string in which a PIN is kept and shown. @throws WolfError WOLF_INVALID_REQUEST */
export function lobbyPinFromText(text: string): LobbyPin {
  if (!PIN_TEXT.test(text)) throw new WolfError('WOLF_INVALID_REQUEST', 'a lobby PIN is a string of four digits');
  return brand(Array.from(text, Number));
}

export function lobbyPinToText(pin: LobbyPin): string {
  return pin.join('');
}

export function randomLobbyPin(): LobbyPin {
  return brand(Array.from({ length: PIN_DIGITS }, () => randomInt(10)));
}

/** For values that arrive with the type but from code that may have cast. */
export function isLobbyPin(pin: readonly number[]): pin is LobbyPin {
  return pin.length === PIN_DIGITS && pin.every((digit) => Number.isInteger(digit) && digit >= 0 && digit <= 9);
}

function brand(digits: readonly number[]): LobbyPin {
  if (!isLobbyPin(digits)) throw new WolfError('WOLF_INVALID_REQUEST', 'a lobby PIN is four digits');
  return digits;
}

/** A lobby as Wolf lists it (wolf-api §3.5). */
export interface WolfLobby {
  readonly id: WolfLobbyId;
  readonly name: string;
  readonly iconPngPath?: string;
  readonly multiUser: boolean;
  readonly startedByProfileId: string;
  readonly pinRequired: boolean;
  readonly stopWhenEveryoneLeaves: boolean;
  /** Its environment is in clear: it holds the desktop's token. */
  readonly runner: ListedRunner;
  readonly connectedSessionIds: readonly WolfU64[];
}

/** Complete for every era of Wolf: what one of them requires is required here (wolf-api §3.5, §8). */
export interface CreateLobbyRequest {
  readonly profileId: string;
  readonly name: string;
  readonly iconPngPath?: string;
  readonly multiUser: boolean;
  /** Without it the lobby is open. */
  readonly pin?: LobbyPin;
  readonly stopWhenEveryoneLeaves: boolean;
  readonly video: LobbyVideo;
  readonly audio: { readonly channelCount: 2 | 6 | 8 };
  readonly clientSettings?: LobbyClientSettings;
  /** An absolute path is used as it is; a relative one is joined under Wolf's own folder. */
  readonly runnerStateFolder: string;
  readonly runner: DockerRunner | ProcessRunner;
}

/** The three strings must say something: Wolf before January 2026 takes empty ones literally. */
export interface LobbyVideo {
  readonly width: number;
  readonly height: number;
  /** In hertz. */
  readonly refreshRate: number;
  /** Such as `/dev/dri/renderD128`, or `SOFTWARE`. */
  readonly waylandRenderNode: string;
  readonly runnerRenderNode: string;
  /** Such as `video/x-raw(memory:CUDAMemory)`. */
  readonly videoProducerBufferCaps: string;
  readonly videoSourceMode: 'wayland' | 'pipewire';
}

export interface LobbyClientSettings {
  readonly runUid?: number;
  readonly runGid?: number;
  readonly mouseAcceleration?: number;
  readonly verticalScrollAcceleration?: number;
  readonly horizontalScrollAcceleration?: number;
}

export interface JoinLobbyRequest {
  readonly lobbyId: WolfLobbyId;
  readonly sessionId: WolfU64;
  /** Exactly when the lobby has one: Wolf refuses a PIN sent to an open lobby. */
  readonly pin?: LobbyPin;
}

export interface LeaveLobbyRequest {
  readonly lobbyId: WolfLobbyId;
  readonly sessionId: WolfU64;
}

export interface StopLobbyRequest {
  readonly lobbyId: WolfLobbyId;
  /** Exactly when the lobby has one. */
  readonly pin?: LobbyPin;
}

/** A container that Wolf starts. Lists may be empty. */
export interface DockerRunner {
  readonly type: 'docker';
  readonly name: string;
  readonly image: string;
  /** `source:destination[:mode]`. */
  readonly mounts: readonly string[];
  /** `NAME=value`, in this order; the container sees the last of a name. */
  readonly env: readonly string[];
  /** `host:container[:permissions]`. */
  readonly devices: readonly string[];
  /** `host:container[/tcp|/udp]`. */
  readonly ports: readonly string[];
  /** JSON text over which Wolf lays its own settings. */
  readonly baseCreateJson?: string;
}

export interface ProcessRunner {
  readonly type: 'process';
  readonly runCommand: string;
}

/**
 * A runner as Wolf lists it: printed again, with modes filled in and `base_create_json` always there, so it never
 * equals the one that was sent (wolf-api §3.1.1). Only `name`, `image` and `env` come back unchanged.
 */
export type ListedRunner = DockerRunner | ProcessRunner | { readonly type: 'other' };
