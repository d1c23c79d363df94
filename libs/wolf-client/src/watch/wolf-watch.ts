import { setTimeout as delay } from 'node:timers/promises';
import { fullJitterMs } from '@helix/pacing';
import {
  EVENT_SILENCE_LIMIT_MS,
  WATCH_PAUSE_MS,
  WATCH_RELIST_MS,
  WATCH_RETRY_MAX_MS,
  WATCH_RETRY_MIN_MS,
  WATCH_UNFOLLOWED_RELIST_MS,
} from '../limits.js';
import type { WolfEvent } from '../model/event.js';
import type { WolfLobby } from '../model/lobby.js';
import type { WolfSession } from '../model/streaming.js';
import type { WolfClient } from '../wolf-client.js';
import { Relister } from './relister.js';

/** What stood on one Wolf when it was last asked. */
export interface WolfSnapshot {
  readonly lobbies: readonly WolfLobby[];
  readonly sessions: readonly WolfSession[];
  /** When both lists had come. */
  readonly readAt: Date;
  /** `performance.now()` before they were asked for: everything done before that is in them. */
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

/** For what a watch has no caller to report to; pino fits. */
export interface WolfLogger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface WolfWatchOptions {
  readonly logger?: WolfLogger;
  readonly pauseMs?: number;
  readonly relistMs?: number;
  readonly unfollowedRelistMs?: number;
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  readonly silenceLimitMs?: number;
  /** From 0 to 1. */
  readonly random?: () => number;
}

type Listener = (event: WolfWatchEvent) => void;

/**
 * Knows what stands on one Wolf without asking it all the time: one subscription to its events, which are hints only, and
 * a listing of lobbies and sessions after each that matters, after each new subscription, since nothing is replayed, and
 * once in a while besides. Without events, by listing alone.
 *
 * Nothing here rejects: what goes wrong is told to the listeners as `lost` and tried again.
 */
export class WolfWatch {
  readonly #client: Pick<WolfClient, 'openEvents' | 'listLobbies' | 'listSessions'>;
  readonly #options: WolfWatchOptions;
  readonly #listeners = new Set<Listener>();
  readonly #ending = new AbortController();
  readonly #relister: Relister;
  #state: WolfWatchState = 'connecting';
  #snapshot: WolfSnapshot | undefined;
  #era = 0;
  #following: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: Pick<WolfClient, 'openEvents' | 'listLobbies' | 'listSessions'>, options: WolfWatchOptions = {}) {
    this.#client = client;
    this.#options = options;
    this.#relister = new Relister({ pauseMs: options.pauseMs ?? WATCH_PAUSE_MS, list: () => this.#list() });
  }

  get state(): WolfWatchState {
    return this.#state;
  }

  /** See `WolfSnapshot`. */
  get era(): number {
    return this.#era;
  }

  /** `undefined` until the first listing has come. */
  get snapshot(): WolfSnapshot | undefined {
    return this.#snapshot;
  }

  /** Begins to follow. Again, and after `close`, nothing happens. */
  start(): void {
    if (this.#following !== undefined || this.#ending.signal.aborted) return;
    this.#following = this.#follow();
    // At once, so that a Wolf without events is listed as well.
    this.refresh();
  }

  /** Ends the subscription and all work under way; resolves when both are over. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Calls the listener from the next event on; what is returned ends that. A listener that throws is logged. */
  subscribe(listener: Listener): () => void {
    // Wrapped, so that one function may listen twice.
    const own: Listener = (event) => {
      listener(event);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Asks for a listing that begins after this call. */
  refresh(): void {
    if (this.#following !== undefined && !this.#ending.signal.aborted) this.#relister.ask();
  }

  /** The way to it is another one, and so may the Wolf be: asks for a listing, of a new era. */
  renew(): void {
    this.#era += 1;
    this.refresh();
  }

  #hasEnded(): boolean {
    return this.#ending.signal.aborted;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.#state = 'closed';
    await this.#relister.close();
    await this.#following;
    this.#listeners.clear();
  }

  async #follow(): Promise<void> {
    const { retryMinMs = WATCH_RETRY_MIN_MS, retryMaxMs = WATCH_RETRY_MAX_MS, random = Math.random } = this.#options;
    let failureCount = 0;
    while (!this.#hasEnded()) {
      const begunAt = performance.now();
      const error = await this.#followOnce();
      if (this.#hasEnded()) return;
      if (this.#state === 'following') this.#era += 1;
      this.#state = 'connecting';
      this.#tell({ type: 'lost', what: 'events', error });
      this.#options.logger?.debug({ error }, 'Wolf event stream ended; retrying');
      // What was missed shows in the lists.
      this.refresh();
      // A Wolf that accepts subscriptions and drops them at once is in trouble: it is retried as slowly as one that refuses.
      failureCount = performance.now() - begunAt > retryMaxMs ? 0 : failureCount + 1;
      const pauseMs = fullJitterMs(failureCount + 1, { baseMs: retryMinMs, capMs: retryMaxMs, random });
      await delay(pauseMs, undefined, { signal: this.#ending.signal, ref: false }).catch(() => undefined);
    }
  }

  /** Resolves with what ended the subscription. */
  async #followOnce(): Promise<unknown> {
    try {
      const events = await this.#client.openEvents({
        signal: this.#ending.signal,
        silenceLimitMs: this.#options.silenceLimitMs ?? EVENT_SILENCE_LIMIT_MS,
      });
      this.#state = this.#ending.signal.aborted ? 'closed' : 'following';
      this.refresh();
      for await (const event of events) {
        this.#tell({ type: 'event', event });
        if (concernsLists(event)) this.refresh();
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #list(): Promise<number> {
    const { relistMs = WATCH_RELIST_MS, unfollowedRelistMs = WATCH_UNFOLLOWED_RELIST_MS } = this.#options;
    const signal = this.#ending.signal;
    const askedAtMs = performance.now();
    const era = this.#era;
    const lists = await Promise.all([
      this.#client.listLobbies({ signal }),
      this.#client.listSessions({ signal }),
    ]).catch((error: unknown) => ({ error }));
    if (signal.aborted) return relistMs;
    if ('error' in lists) {
      this.#era += 1;
      this.#tell({ type: 'lost', what: 'lists', error: lists.error });
      return unfollowedRelistMs;
    }
    const [lobbies, sessions] = lists;
    this.#snapshot = { lobbies, sessions, readAt: new Date(), askedAtMs, era };
    this.#tell({ type: 'snapshot', snapshot: this.#snapshot });
    return this.#state === 'following' ? relistMs : unfollowedRelistMs;
  }

  #tell(event: WolfWatchEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger?.warn({ error }, 'Wolf watch: a listener threw');
      }
    }
  }
}

/** Can the event have changed what the lists say? In doubt, yes. */
function concernsLists(event: WolfEvent): boolean {
  switch (event.type) {
    case 'lobby-created':
    case 'lobby-stopped':
    case 'lobby-joined':
    case 'lobby-left':
    case 'session-started':
    case 'session-stopped':
    case 'session-paused':
    case 'session-resumed':
    case 'torn':
      return true;
    case 'producer-switched':
    case 'runner-started':
    case 'pairing-asked':
    case 'image-pull-began':
    case 'image-pull-ended':
    case 'other':
      return false;
    default:
      return event satisfies never;
  }
}
