import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'undici';
import type { Dispatcher } from 'undici';
import { RevDialError } from '../revdial-error.js';
import type { ExchangeStream, HttpExchange } from './http-exchange.js';
import { HttpSocket } from './http-socket.js';

/** The far service does not care: it is behind a socket of its own. */
const ORIGIN = 'http://localhost';

/**
 * One dialed stream that speaks HTTP/1.1: an undici client that has exactly this connection and never makes another, so
 * that the pool knows which request met a fresh stream and which a kept one.
 */
export class HttpStream implements ExchangeStream {
  readonly #stream: Duplex;
  readonly #socket: HttpSocket;
  readonly #client: Client;
  #exchange: HttpExchange | undefined;
  #requestCount = 0;
  #isRetired = false;

  constructor(stream: Duplex, idleLimitMs: number, onClose: () => void) {
    this.#stream = stream;
    this.#socket = new HttpSocket(stream);
    let isTaken = false;
    // Before the client's own listeners: a caller that learns of a failed request finds this stream out of the pool already.
    stream.once('close', () => {
      onClose();
      // Where a defect keeps undici from telling of the end; it has had its turn by then.
      setImmediate(() => this.#exchange?.breakOff());
    });
    // undici listens only while it has the stream, which is after the first request at the earliest.
    stream.on('error', ignoreError);
    this.#client = new Client(ORIGIN, {
      pipelining: 1,
      keepAliveTimeout: idleLimitMs,
      keepAliveMaxTimeout: idleLimitMs,
      connect: (_options, callback) => {
        // Never before `connect` has returned: undici sends nothing to a connection that comes synchronously.
        queueMicrotask(() => {
          if (isTaken || stream.destroyed) {
            callback(new RevDialError('LINK_LOST', 'the kept stream had ended'), null);
            return;
          }
          isTaken = true;
          this.#socket.open();
          // undici asks for a Socket and uses this much of one; ref, unref and addresses are optional to it.
          callback(null, this.#socket as unknown as Socket);
        });
      },
    });
    // Only a defect makes the client emit it; one stream is to die of it, not the process.
    const events: EventEmitter = this.#client;
    events.on('error', (error: Error) => stream.destroy(error));
  }

  /** Has it carried a request before? Then it may have died unnoticed. */
  get isReused(): boolean {
    return this.#requestCount > 0;
  }

  get isUsable(): boolean {
    return !this.#isRetired && !this.#stream.destroyed && this.#stream.readable && this.#stream.writable;
  }

  dispatch(options: Dispatcher.DispatchOptions, exchange: HttpExchange): void {
    this.#requestCount += 1;
    this.#socket.expectAnswer();
    this.#exchange = exchange;
    this.#client.dispatch(options, exchange);
  }

  hold(): void {
    this.#socket.hold();
  }

  release(): void {
    this.#socket.release();
  }

  settle(): void {
    this.#exchange = undefined;
    this.#socket.letGo();
  }

  /** Carries no further request. One under way goes on. */
  retire(): void {
    this.#isRetired = true;
  }

  /**
   * Never without an error: undici takes a stream that is destroyed without one for the end of an answer that has no
   * length, and would complete a request that was given up.
   */
  destroy(error: RevDialError = new RevDialError('DIAL_ABORTED', 'the stream is not needed any more')): void {
    this.#isRetired = true;
    this.#stream.destroy(error);
  }
}

function ignoreError(): void {
  return undefined;
}
