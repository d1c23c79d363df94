import type { WebSocket } from 'ws';
import type { BytePipe, PipeCloseCode, PipeEnd, PipeReceiver } from '@helix/revdial';

const SHALLOW_BYTES = 64 * 1024;
const MESSAGE_MAX_BYTES = 128 * 1024;

/** The least that a WebSocket needs to be a pipe: binary messages whose borders mean nothing. */
export class WebSocketPipe implements BytePipe {
  readonly roundTripMs = undefined;
  readonly #webSocket: WebSocket;
  #receiver: PipeReceiver | undefined;
  #end: PipeEnd = { code: 'lost', reason: '', byPeer: true };

  /** Paused until `start`, since messages without a listener are lost. */
  constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.pause();
    webSocket.on('error', () => undefined);
  }

  get writableBytes(): number {
    const { readyState, OPEN, bufferedAmount } = this.#webSocket;
    return readyState === OPEN ? Math.max(0, SHALLOW_BYTES - bufferedAmount) : 0;
  }

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
    const webSocket = this.#webSocket;
    webSocket.on('message', (bytes: Buffer) => {
      receiver.onBytes(bytes);
    });
    webSocket.once('close', (code) => {
      if (this.#end.byPeer && code === 1000) this.#end = { code: 'done', reason: '', byPeer: true };
      receiver.onClosed(this.#end);
    });
    webSocket.resume();
  }

  write(chunks: readonly Buffer[]): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const bytes = Buffer.concat(chunks);
    for (let at = 0; at < bytes.length; at += MESSAGE_MAX_BYTES)
      this.#webSocket.send(bytes.subarray(at, at + MESSAGE_MAX_BYTES), () => this.#receiver?.onWritable());
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(code: PipeCloseCode, reason = ''): void {
    this.#end = { code, reason, byPeer: false };
    this.#webSocket.close(1000);
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    this.#end = { code, reason: '', byPeer: false, ...(cause === undefined ? {} : { cause }) };
    this.#webSocket.terminate();
  }
}
