import { setTimeout as delay } from 'node:timers/promises';
import { jitteredBackoffMs } from '@helix/pacing';
import type { Logger } from 'pino';
import { NOTICE_IDS_MAX, NOTICE_PULSE_MS, NOTICE_RETRY_FIRST_MS, NOTICE_RETRY_LONGEST_MS } from '../../limits.js';
import { NoticeConnection } from './notice-connection.js';

export type ChangeChannel = 'sessions' | 'api_keys' | 'session_shares' | 'placements';
/** Called with the NOTIFY payload; each trigger defines its format. */
type ChangeListener = (id: string | undefined) => void;

/** Each has the name that triggers and functions notify; the packages' migrations have those. */
const POSTGRES_CHANNELS: Readonly<Record<ChangeChannel, string>> = {
  sessions: 'helix_sessions',
  api_keys: 'helix_api_keys',
  session_shares: 'helix_session_shares',
  placements: 'helix_placements',
};
const RETRY = { baseMs: NOTICE_RETRY_FIRST_MS, capMs: NOTICE_RETRY_LONGEST_MS };
const CHANNELS: readonly ChangeChannel[] = ['sessions', 'api_keys', 'session_shares', 'placements'];

/**
 * Tells this replica what any replica has changed, so that its caches are invalidated at once. Triggers in the database announce
 * each change when it is committed; ids and nothing else.
 *
 * Announcements are not kept for a replica that does not listen. So after each connect, the first one too, anything may have
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

  /** Calls the listener for each change, `undefined` standing for any; the returned function unsubscribes. */
  subscribe(channel: ChangeChannel, listener: ChangeListener): () => void {
    // A function of its own, so that one subscribed twice is unsubscribed one by one.
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

  /** Resolves when the connection is closed; no listener is called after that. Idempotent. */
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
          this.#logger.warn({ error }, 'cannot listen for changes by other replicas; retrying');
        }
        failures += 1;
      }
      await delay(jitteredBackoffMs(failures + 1, RETRY), undefined, { signal }).catch(() => undefined);
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

/** Ids of one channel that wait to be told, each once; from a certain number on they are "anything". */
export class CoalescedIds {
  readonly #ids = new Set<string>();
  #isAnything = false;

  /** `undefined`: anything may have changed. */
  add(id: string | undefined): void {
    if (this.#isAnything) return;
    if (id !== undefined) this.#ids.add(id);
    if (id !== undefined && this.#ids.size <= NOTICE_IDS_MAX) return;
    this.#isAnything = true;
    this.#ids.clear();
  }

  /** What has come since the last time: ids, or `undefined` alone. */
  take(): readonly (string | undefined)[] {
    const taken = this.#isAnything ? [undefined] : [...this.#ids];
    this.#isAnything = false;
    this.#ids.clear();
    return taken;
  }
}
