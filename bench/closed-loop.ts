import { connect, type Socket } from 'node:net';

import { AnswerCounter, type CountedAnswer } from './answer-counter.js';

/** Read buffer of a caller, used again and again: no allocation for each read of a 750 KB body. */
const READ_BUFFER_BYTES = 256 * 1024;

/** A caller whose connection broke waits this long, so that a dead server does not become a busy loop. */
const RECONNECT_MS = 20;

export interface ClosedLoopOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A shorter body is an error, for an error page answered with 200. */
  readonly minBodyBytes: number;
  /** A connection for each request, whose opening counts. */
  readonly isFresh: boolean;
  readonly onAnswer: (latencyMs: number, bodyBytes: number) => void;
  readonly onError: (reason: string) => void;
}

/** One caller: one connection, kept unless a fresh one is wanted, one GET at a time, the next as soon as the answer is complete. */
export class ClosedLoop {
  readonly #options: ClosedLoopOptions;
  readonly #host: string;
  readonly #port: number;
  readonly #request: Buffer;
  #socket: Socket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #ended = false;

  constructor(options: ClosedLoopOptions) {
    const url = new URL(options.url);
    if (url.protocol !== 'http:') throw new Error(`only http: can be loaded, not ${url.protocol}`);
    this.#options = options;
    this.#host = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = url.port === '' ? 80 : Number(url.port);
    const lines = [`GET ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
    for (const [name, value] of Object.entries(options.headers)) lines.push(`${name}: ${value}`);
    this.#request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  }

  start(): void {
    const counter = new AnswerCounter((answer) => {
      this.#take(answer);
    });
    const socket = connect({
      host: this.#host,
      port: this.#port,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
        callback: (length, bytes) => {
          try {
            counter.push(Buffer.from(bytes.buffer, bytes.byteOffset, length), length);
          } catch (error) {
            socket.destroy(error instanceof Error ? error : undefined);
          }
          return true;
        },
      },
    });
    this.#socket = socket;
    const beganAt = performance.now();
    let reason = 'the connection was closed before the answer was complete';
    socket.once('connect', () => {
      this.#send();
      if (this.#options.isFresh) this.#sentAt = beganAt;
    });
    socket.once('error', (error) => {
      reason = error.message;
    });
    socket.once('close', () => {
      if (this.#ended || this.#socket !== socket) return;
      this.#options.onError(reason);
      this.#retry = setTimeout(() => {
        this.start();
      }, RECONNECT_MS);
    });
  }

  /** Cuts the request under way, which is not counted. */
  destroy(): void {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #send(): void {
    this.#sentAt = performance.now();
    this.#socket?.write(this.#request);
  }

  #take({ status, bodyBytes, closes }: CountedAnswer): void {
    if (this.#ended) return;
    if (status !== 200) this.#options.onError(`status ${String(status)}`);
    else if (bodyBytes < this.#options.minBodyBytes) this.#options.onError(`a body of ${String(bodyBytes)} bytes`);
    else this.#options.onAnswer(performance.now() - this.#sentAt, bodyBytes);
    if (closes || this.#options.isFresh) {
      const socket = this.#socket;
      this.#socket = undefined;
      socket?.destroy();
      this.start();
    } else this.#send();
  }
}
