import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { onAbort } from '@helix/pacing';
import type { WolfEvent, WolfEventStream } from '../model/event.js';
import { WolfError } from '../wolf-error.js';
import { EventFrameParser } from './event-frames.js';
import { asError, isPlain, sendQuestion } from './http-exchange.js';
import { readEvent } from './read-event.js';

export interface EventStreamOptions {
  /** Of the whole life of the stream. */
  readonly signal: AbortSignal | undefined;
  readonly silenceLimitMs: number;
}

/**
 * Asks for the events over the connection, and resolves when Wolf has begun its answer: from then on nothing is missed.
 * `opening` is the limit of that alone; aborting it rejects with its reason.
 * @throws WolfError WOLF_NOT_FOUND, WOLF_EMPTY_ANSWER, WOLF_INVALID_ANSWER
 */
export async function openEventStream(
  connection: Duplex,
  path: string,
  opening: AbortSignal,
  options: EventStreamOptions,
): Promise<WolfEventStream> {
  connection.on('error', () => undefined);
  let response: IncomingMessage;
  try {
    response = await firstOf(connection, path, opening);
    if (response.statusCode === 404) throw new WolfError('WOLF_NOT_FOUND', 'this Wolf has no endpoint for its events');
    const type = response.headers['content-type'] ?? '';
    if (response.statusCode !== 200 || !/^text\/event-stream\s*(?:;|$)/i.test(type) || !isPlain(response)) {
      throw new WolfError('WOLF_INVALID_ANSWER', 'what was answered is no stream of events');
    }
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return new HttpEventStream(connection, response, options);
}

function firstOf(connection: Duplex, path: string, opening: AbortSignal): Promise<IncomingMessage> {
  return new Promise<IncomingMessage>((resolve, reject) => {
    if (connection.destroyed || connection.readableEnded) {
      reject(new WolfError('WOLF_EMPTY_ANSWER', 'the connection ended before it was used', { retryable: true }));
      return;
    }
    const request = sendQuestion(connection, { method: 'GET', path });
    const stopListening = onAbort(opening, (reason) => {
      reject(asError(reason));
      request.destroy();
    });
    // Stays for good: what comes after the answer has begun must find a listener.
    request.on('error', (cause) => {
      stopListening();
      reject(new WolfError('WOLF_EMPTY_ANSWER', 'no stream of events came about', { cause, retryable: true }));
    });
    request.on('response', (response) => {
      stopListening();
      response.on('error', () => undefined);
      resolve(response);
    });
  });
}

class HttpEventStream implements WolfEventStream {
  readonly #connection: Duplex;
  readonly #response: IncomingMessage;
  readonly #silenceLimitMs: number;
  readonly #silenceTimer: NodeJS.Timeout;
  #stopListening: () => void = () => undefined;
  #isClosed = false;
  #isSilent = false;

  constructor(connection: Duplex, response: IncomingMessage, { signal, silenceLimitMs }: EventStreamOptions) {
    this.#connection = connection;
    this.#response = response;
    this.#silenceLimitMs = silenceLimitMs;
    // Counts from the start, so that a stream without a reader does not stay open for good.
    this.#silenceTimer = setTimeout(() => {
      this.#isSilent = true;
      this.#end();
    }, silenceLimitMs).unref();
    this.#stopListening = onAbort(signal, () => {
      this.close();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WolfEvent> {
    const parser = new EventFrameParser();
    try {
      for await (const piece of this.#pieces()) {
        this.#silenceTimer.refresh();
        for (const frame of parser.push(piece)) {
          const event = readEvent(frame);
          if (event !== undefined) yield event;
        }
      }
    } finally {
      this.#end();
    }
    if (this.#isClosed) return;
    if (this.#isSilent) {
      const limit = this.#silenceLimitMs.toString();
      throw new WolfError('WOLF_EVENTS_SILENT', `nothing came from Wolf for ${limit} ms, not even a keep-alive`);
    }
    throw new WolfError('WOLF_EVENTS_ENDED', 'the stream of events was closed');
  }

  /** The bytes as they come, until the stream is over, however it ends. */
  async *#pieces(): AsyncGenerator<Buffer> {
    try {
      for await (const piece of this.#response) if (Buffer.isBuffer(piece)) yield piece;
    } catch {
      // A stream without a length ends in one way or another; which one says nothing.
    }
  }

  #end(): void {
    clearTimeout(this.#silenceTimer);
    this.#stopListening();
    this.#response.destroy();
    this.#connection.destroy();
  }
}
