import type { WolfLobbyId, WolfU64 } from './ids.js';

/**
 * Something happened in Wolf (wolf-api §5.3). A hint to look again and no more: effects come before causes, some come twice,
 * and none is replayed. Ids only: the PINs, environments and keys that Wolf sends along never leave the parser.
 */
export type WolfEvent =
  | { readonly type: 'lobby-created' | 'lobby-stopped'; readonly lobbyId: WolfLobbyId }
  | { readonly type: 'lobby-joined' | 'lobby-left'; readonly lobbyId: WolfLobbyId; readonly sessionId: WolfU64 }
  /** The session shows the lobby's picture, or without one its own app's again. */
  | { readonly type: 'producer-switched'; readonly sessionId: WolfU64; readonly lobbyId?: WolfLobbyId }
  | { readonly type: 'session-started'; readonly sessionId: WolfU64; readonly clientUniqueId: string }
  | {
      readonly type: 'session-stopped' | 'session-paused' | 'session-resumed' | 'runner-started';
      readonly sessionId: WolfU64;
    }
  /** A client waits for its PIN: list the pending pairings. */
  | { readonly type: 'pairing-asked'; readonly clientIp: string }
  | { readonly type: 'image-pull-began'; readonly imageName: string }
  | { readonly type: 'image-pull-ended'; readonly imageName: string; readonly success: boolean }
  /** An event that this client does not read, or does not know yet. */
  | { readonly type: 'other'; readonly name: string }
  /** An event that could not be read, as two that were written at once: list again. */
  | { readonly type: 'torn' };

/**
 * Events as they come, to be read once. Ends quietly after `close` and when the caller's signal aborts; otherwise by an
 * error.
 * @throws WolfError WOLF_EVENTS_ENDED when Wolf, or the way to it, closed the stream; WOLF_EVENTS_SILENT
 */
export interface WolfEventStream extends AsyncIterable<WolfEvent> {
  /** Cuts the connection. Idempotent. */
  close(): void;
}
