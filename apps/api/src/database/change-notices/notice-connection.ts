import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { onAbort } from '@helix/pacing';
import pg from 'pg';
import { NOTICE_CONNECT_MS, NOTICE_PULSE_LIMIT_MS } from '../../limits.js';

interface NoticeConnectionOptions {
  readonly url: string;
  /** PostgreSQL's names of the channels; ours, never input. */
  readonly channels: readonly string[];
  readonly onNotice: (channel: string, payload: string) => void;
}

/** One connection to PostgreSQL that does nothing but listen. Not of the pool: what listens must stay the same. */
export class NoticeConnection {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  /** Resolves when the connection is gone, whichever side ended it. */
  readonly #ended: Promise<void>;
  #hasEnded = false;

  private constructor(client: pg.Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    this.#ended = new Promise((resolve) => {
      client.once('end', () => {
        this.#hasEnded = true;
        resolve();
      });
    });
    // Every error is followed by the end, which is what counts.
    client.on('error', () => undefined);
  }

  /**
   * Connects and listens. Aborting cuts the attempt.
   * @throws the driver's or the server's error
   */
  static async open(options: NoticeConnectionOptions, signal: AbortSignal): Promise<NoticeConnection> {
    signal.throwIfAborted();
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: options.url,
      application_name: 'helix-api-notices',
      connectionTimeoutMillis: NOTICE_CONNECT_MS,
      query_timeout: NOTICE_PULSE_LIMIT_MS,
      keepAlive: true,
      // `end` of the client asks the server and waits for it; a server that is silent is left by closing the socket.
      stream: () => socket,
    });
    const connection = new NoticeConnection(client, socket);
    const stopListening = onAbort(signal, () => {
      connection.destroy();
    });
    try {
      await client.connect();
      client.on('notification', ({ channel, payload }) => {
        options.onNotice(channel, payload ?? '');
      });
      for (const channel of options.channels) await client.query(`LISTEN ${channel}`);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      stopListening();
    }
  }

  /** Resolves when the connection is lost, or is found to be dead, or the signal says so; it is closed then. */
  async lost(pulseMs: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const stop = (): void => {
      over.abort();
    };
    const stopListening = onAbort(signal, stop);
    void this.#ended.then(stop);
    try {
      while (!this.#hasEnded && !over.signal.aborted) {
        await delay(pulseMs, undefined, { signal: over.signal });
        await this.#client.query('SELECT 1');
      }
    } catch {
      // The connection has ended, does not answer, or is to be closed: in each case it is of no more use.
    } finally {
      stopListening();
      this.destroy();
    }
  }

  /** Idempotent. */
  destroy(): void {
    this.#socket.destroy();
  }
}
