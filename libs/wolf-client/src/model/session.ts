import type { WolfLobbyId } from '../values/wolf-lobby-id.js';
import type { WolfU64 } from '../values/wolf-u64.js';

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
