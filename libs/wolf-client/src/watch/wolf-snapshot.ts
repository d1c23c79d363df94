import type { WolfEvent } from '../model/event.js';
import type { WolfLobby } from '../model/lobby.js';
import type { WolfSession } from '../model/session.js';

/** What stood on one Wolf when it was last asked. */
export interface WolfSnapshot {
  readonly lobbies: readonly WolfLobby[];
  readonly sessions: readonly WolfSession[];
  /** When both lists had come. */
  readonly readAt: Date;
  /** `performance.now()` before they were asked for: whatever was done before that is in them. */
  readonly askedAtMs: number;
  /**
   * Rises whenever the lists may be those of another Wolf: the way to it is a new one, its events broke off, or it could not be
   * asked. Of two readings with the same number nothing lay between that looked like a restart.
   */
  readonly era: number;
}

export type WolfWatchEvent =
  | { readonly type: 'snapshot'; readonly snapshot: WolfSnapshot }
  /** As Wolf tells them; the snapshot that shows their effect comes after. */
  | { readonly type: 'event'; readonly event: WolfEvent }
  /** The events broke off, or a listing failed. The last snapshot stands and grows old until there is another. */
  | { readonly type: 'lost'; readonly what: 'events' | 'lists'; readonly error: unknown };

export type WolfWatchState = 'connecting' | 'following' | 'closed';
