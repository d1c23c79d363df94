import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { CoalescedIds } from './coalesced-ids.js';
import { NOTICE_PULSE_MS, NOTICE_RETRY_FIRST_MS, NOTICE_RETRY_LONGEST_MS } from './limits.js';
import { NoticeConnection } from './notice-connection.js';

export type ChangeChannel = 'sessions' | 'api_keys' | 'session_shares' | 'placements';
/** Hears the id that a channel's triggers announce; what it is made of they say. */
export type ChangeListener = (id: string | undefined) => void;

/** Each has the name that triggers and functions notify; the packages' migrations have those. */
const POSTGRES_CHANNELS: Readonly<Record<ChangeChannel, string>> = {
  sessions: 'helix_sessions',
  api_keys: 'helix_api_keys',
  session_shares: 'helix_session_shares',
  placements: 'helix_placements',
};
const CHANNELS: readonly ChangeChannel[] = ['sessions', 'api_keys', 'session_shares', 'placements'];

/**
 * Tells this replica what any replica has changed, so that what it remembers is not believed for longer. Triggers in the
 * database announce each change when it is committed, whoever made it; ids and nothing else.
 *
 * Announcements are not kept for those who do not listen. So after each connect, the first one too, anything may have
 * changed; while there is no connection, what is remembered lives by its age, as it would without all this.
 */
export class ChangeNotices {
  readonly #url: string;
  readonly #logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly #pulseMs: number;
  readonly #listeners: Readonly<Record<ChangeChannel, Set<ChangeListener>>> = {
    sessions: new Set(),
    api_keys: new Set(),
    session_shares: new Set(),
    placements: new Set(),
  };
  readonly #waiting: Readonly<Record<ChangeChannel, CoalescedIds>> = {
    sessions: new CoalescedIds(),
    api_keys: new CoalescedIds(),
    session_shares: new CoalescedIds(),
    placements: new CoalescedIds(),
  };
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #pass: NodeJS.Immediate | undefined;
  #isListening = false;

  constructor(url: string, logger: Pick<Logger, 'info' | 'warn' | 'error'>, pulseMs: number = NOTICE_PULSE_MS) {
    this.#url = url;
    this.#logger = logger;
    this.#pulseMs = pulseMs;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  /** Calls the listener for each change, `undefined` standing for any; returns what ends that. */
  subscribe(channel: ChangeChannel, listener: ChangeListener): () => void {
    // A subscription of its own, so that one who subscribes the same function twice ends them one by one.
    const own: ChangeListener = (id) => {
      listener(id);
    };
    this.#listeners[channel].add(own);
    return () => {
      this.#listeners[channel].delete(own);
    };
  }

  /** Begins to listen and returns at once; a database that is slow or away is tried again until `close`. */
  start(): void {
    this.#running ??= this.#run(this.#closing.signal);
  }

  /** Resolves when the connection is closed; nobody is told anything after that. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    clearImmediate(this.#pass);
  }

  async #run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!this.#isClosing()) {
      try {
        const connection = await this.#open(signal);
        failures = 0;
        this.#isListening = true;
        this.#logger.info({}, 'listening for changes by other replicas');
        for (const channel of CHANNELS) this.#take(channel, undefined);
        await connection.lost(this.#pulseMs, signal);
        this.#isListening = false;
        if (!this.#isClosing()) this.#logger.warn({}, 'the connection for changes by other replicas is lost');
      } catch (error) {
        if (failures === 0 && !this.#isClosing()) {
          this.#logger.warn({ error }, 'changes by other replicas cannot be heard; trying again');
        }
        failures += 1;
      }
      await delay(retryAfterMs(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  #open(signal: AbortSignal): Promise<NoticeConnection> {
    return NoticeConnection.open(
      {
        url: this.#url,
        channels: Object.values(POSTGRES_CHANNELS),
        onNotice: (name, payload) => {
          const channel = CHANNELS.find((known) => POSTGRES_CHANNELS[known] === name);
          if (channel !== undefined) this.#take(channel, payload === '' ? undefined : payload);
        },
      },
      signal,
    );
  }

  /** What comes in one turn is told in one pass, so that a burst about one row costs one look at it. */
  #take(channel: ChangeChannel, id: string | undefined): void {
    this.#waiting[channel].add(id);
    this.#pass ??= setImmediate(() => {
      this.#pass = undefined;
      for (const each of CHANNELS) this.#tell(each);
    });
  }

  #tell(channel: ChangeChannel): void {
    for (const id of this.#waiting[channel].take()) {
      for (const listener of [...this.#listeners[channel]]) {
        try {
          listener(id);
        } catch (error) {
          this.#logger.error({ error, channel }, 'a listener for changes failed');
        }
      }
    }
  }
}

function retryAfterMs(failures: number): number {
  const longest = Math.min(NOTICE_RETRY_FIRST_MS * 2 ** Math.min(failures, 10), NOTICE_RETRY_LONGEST_MS);
  return longest * (1 - Math.random() / 2);
}
