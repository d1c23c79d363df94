import type { LobbyPin } from '../values/lobby-pin.js';
import type { WolfLobbyId } from '../values/wolf-lobby-id.js';
import type { WolfU64 } from '../values/wolf-u64.js';
import type { DockerRunner, ListedRunner, ProcessRunner } from './runner.js';

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
