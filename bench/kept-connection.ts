import { connect, type Socket } from 'node:net';
import { AnswerCounter, type CountedAnswer } from './answer-counter.js';

/** Read buffer, used again and again: no allocation for each read of a 750 KB body. */
const READ_BUFFER_BYTES = 64 * 1024;

/** One kept connection, one request at a time. */
export class KeptConnection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #done: ((answer: CountedAnswer | Error) => void) | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  get isBusy(): boolean {
    return this.#done !== undefined;
  }

  /** Sends the request as it stands; `done` is called once, with the answer or with what came instead. */
  send(request: Buffer, done: (answer: CountedAnswer | Error) => void): void {
    this.#done = done;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  destroy(): void {
    this.#done = undefined;
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #open(): Socket {
    const counter = new AnswerCounter((answer) => {
      if (answer.closes) this.#forget(socket);
      this.#finish(answer);
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
    let failure = new Error('the connection was closed before the answer was complete');
    socket.once('error', (error) => {
      failure = error;
    });
    socket.once('close', () => {
      if (this.#socket !== socket) return;
      this.#forget(socket);
      this.#finish(failure);
    });
    return socket;
  }

  #forget(socket: Socket): void {
    if (this.#socket === socket) this.#socket = undefined;
    socket.destroy();
  }

  #finish(answer: CountedAnswer | Error): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(answer);
  }
}
