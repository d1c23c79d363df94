import type { WolfLobbyId, WolfU64 } from './ids.js';
import type { ListedRunner } from './lobby.js';

/** A streaming client's session (wolf-api §3.3). Its keys are dropped where the answer is parsed. */
export interface WolfSession {
  /** Also the id of the paired client: the hash of its certificate. */
  readonly id: WolfU64;
  readonly appId: string;
  readonly clientIp: string;
  /** Empty when the client gave none, or Wolf is too old to tell. */
  readonly clientUniqueId: string;
  readonly width: number;
  readonly height: number;
  readonly refreshRate: number;
  readonly audioChannelCount: number;
  /** Since the last control packet; absent before December 2025. */
  readonly idleSeconds?: number;
  readonly immediateLobbyId?: WolfLobbyId;
}

/** A configured template that Moonlight clients can launch (wolf-api §3.1). */
export interface WolfApp {
  readonly id: string;
  readonly title: string;
  readonly supportHdr: boolean;
  readonly iconPngPath?: string;
  readonly renderNode: string;
  readonly startVirtualCompositor: boolean;
  readonly startAudioServer: boolean;
  readonly runner: ListedRunner;
}

/** A Moonlight client that waits for its PIN (wolf-api §3.6). */
export interface PendingPairing {
  /** Names the request when it is answered. */
  readonly pairSecret: string;
  readonly clientIp: string;
}

export interface PairClientRequest {
  readonly pairSecret: string;
  /** Four digits, as a string: the one PIN that is no list of numbers. */
  readonly pin: string;
}

/** Keys that one session holds down, as one layer of the host sees them. */
export interface KeyboardLayer {
  readonly pressedKeys: readonly number[];
  readonly pressedKeyNames: readonly string[];
  readonly modifiers: {
    readonly shift: boolean;
    readonly ctrl: boolean;
    readonly alt: boolean;
    readonly meta: boolean;
  };
}

/** The keyboard of one session (wolf-api §3.8). What only later builds tell is absent with the others. */
export interface WolfKeyboardState extends KeyboardLayer {
  readonly sessionId: WolfU64;
  readonly timestampMs: number;
  readonly deviceName: string;
  readonly deviceNode?: string;
  readonly wolf?: KeyboardLayer;
  /** Never filled by any build so far, and neither is the next. */
  readonly inputtino?: KeyboardLayer;
  readonly evdev?: KeyboardLayer;
  /** True whenever any key is down, as two of the layers are always empty. */
  readonly hasMismatch?: boolean;
  readonly mismatchDescription?: string;
}

export interface KeyboardReset {
  readonly releasedKeyNames: readonly string[];
  readonly message: string;
}
