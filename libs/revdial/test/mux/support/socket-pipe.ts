import type { Socket } from 'node:net';
import type { BytePipe, PipeCloseCode, PipeEnd, PipeReceiver } from '@helix/revdial';

const SHALLOW_BYTES = 64 * 1024;

/** The least that a socket needs to be a pipe. Codes do not travel: the other end sees `done` or `lost`. */
export class SocketPipe implements BytePipe {
  readonly roundTripMs = undefined;
  readonly #socket: Socket;
  #receiver: PipeReceiver | undefined;
  #end: PipeEnd = { code: 'lost', reason: '', byPeer: true };

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
  }

  get writableBytes(): number {
    return this.#socket.writable ? Math.max(0, SHALLOW_BYTES - this.#socket.writableLength) : 0;
  }

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    socket.on('data', (bytes: Buffer) => {
      receiver.onBytes(bytes);
    });
    socket.on('drain', () => {
      receiver.onWritable();
    });
    socket.once('end', () => {
      if (this.#end.byPeer) this.#end = { code: 'done', reason: '', byPeer: true };
    });
    socket.once('close', () => {
      receiver.onClosed(this.#end);
    });
  }

  write(chunks: readonly Buffer[]): void {
    if (!this.#socket.writable) return;
    this.#socket.cork();
    let isFull = false;
    for (const chunk of chunks) isFull = !this.#socket.write(chunk) || isFull;
    this.#socket.uncork();
    // A socket tells of `drain` only after it said no; this pipe is full later than the socket.
    if (isFull || this.writableBytes > 0) return;
    this.#socket.write(Buffer.alloc(0), () => this.#receiver?.onWritable());
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: PipeCloseCode, reason = ''): void {
    this.#end = { code, reason, byPeer: false };
    this.#socket.end();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#end = { code, reason: '', byPeer: false, ...(cause === undefined ? {} : { cause }) };
    this.#socket.destroy();
  }
}
