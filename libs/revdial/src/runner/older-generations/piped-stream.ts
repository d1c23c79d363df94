import type { Socket } from 'node:net';
import type { RawData } from 'ws';
import { keepReadingAfterFailedWrite } from '../../wire/keep-reading.js';
import { STREAM_QUEUE_HIGH_BYTES } from '../limits.js';
import type { RunnerStream } from '../streams/stream-set.js';
import type { ClientWebSocket } from './client-websocket.js';

const NORMAL_CLOSURE = 1000;
/** The local service failed after the stream had begun: what came before is good, its end is not. */
const INTERNAL_ERROR = 1011;

const SEND_OPTIONS = { binary: true, compress: false, fin: true } as const;

/**
 * One data connection tied to one connection of the local service. Bytes go straight from one socket's event to the other
 * socket's write, with no stream object between, because every screenshot passes here; the end that cannot take more
 * pauses the other. Half-close does not exist on this wire (revdial-wire §2): when either side ends, both close, after what was
 * received has been passed on.
 */
export class PipedStream implements RunnerStream {
  /** Settles when both connections are gone. Never rejects. */
  readonly closed: Promise<void>;
  readonly #remote: ClientWebSocket;
  readonly #local: Socket;
  readonly #flushTimeoutMs: number;
  #localOpen = true;
  #remoteOpen = true;
  #awaitsAnswer = false;
  #movedByteCount = 0;

  /** Both ends are open; the WebSocket is paused, and is resumed here. */
  constructor(remote: ClientWebSocket, local: Socket, flushTimeoutMs: number) {
    this.#remote = remote;
    this.#local = local;
    this.#flushTimeoutMs = flushTimeoutMs;
    const { websocket, socket } = remote;
    keepReadingAfterFailedWrite(local);
    this.closed = Promise.all([
      new Promise<void>((resolve) => {
        if (local.closed) resolve();
        else local.once('close', resolve);
      }),
      new Promise<void>((resolve) => {
        if (websocket.readyState === websocket.CLOSED) resolve();
        else websocket.once('close', resolve);
      }),
    ]).then(() => undefined);

    websocket.on('message', this.#onRemoteMessage);
    websocket.once('close', this.#onRemoteClose);
    socket.on('drain', this.#onRemoteDrain);
    local.on('data', this.#onLocalData);
    local.on('drain', this.#onLocalDrain);
    local.once('end', this.#onLocalEnd);
    local.once('error', this.#onLocalError);
    local.once('close', this.#onLocalEnd);

    if (websocket.readyState === websocket.CLOSED) this.#onRemoteClose();
    else websocket.resume();
    if (local.destroyed) this.#onLocalEnd();
  }

  /** Bytes passed on, both ways together. */
  get movedByteCount(): number {
    return this.#movedByteCount;
  }

  /** The last bytes came from the API: an answer of the local service is due, as far as anyone can tell from outside. */
  get awaitsAnswer(): boolean {
    return this.#awaitsAnswer;
  }

  /** Traffic, so that nothing in between finds an idle connection to cut. The answer is not waited for. */
  ping(): void {
    if (this.#remoteOpen) this.#remote.websocket.ping();
  }

  /** Ends both sides after what was received has been passed on. Idempotent. */
  close(): void {
    this.#closeRemote(NORMAL_CLOSURE);
    this.#closeLocal();
  }

  /** Cuts both sides. Idempotent. */
  destroy(): void {
    this.#remote.websocket.terminate();
    this.#local.destroy();
  }

  readonly #onRemoteMessage = (message: RawData, isBinary: boolean): void => {
    if (!isBinary || !(message instanceof Buffer)) {
      this.destroy();
      return;
    }
    if (!this.#localOpen || message.length === 0) return;
    this.#awaitsAnswer = true;
    this.#movedByteCount += message.length;
    if (!this.#local.write(message)) this.#remote.websocket.pause();
  };

  readonly #onLocalDrain = (): void => {
    this.#remote.websocket.resume();
  };

  readonly #onLocalData = (chunk: Buffer): void => {
    if (!this.#remoteOpen) return;
    this.#awaitsAnswer = false;
    this.#movedByteCount += chunk.length;
    this.#remote.websocket.send(chunk, SEND_OPTIONS);
    if (this.#remote.socket.writableLength > STREAM_QUEUE_HIGH_BYTES) this.#local.pause();
  };

  readonly #onRemoteDrain = (): void => {
    if (this.#localOpen) this.#local.resume();
  };

  readonly #onLocalEnd = (): void => {
    this.#localOpen = false;
    this.#closeRemote(NORMAL_CLOSURE);
  };

  readonly #onLocalError = (): void => {
    this.#localOpen = false;
    this.#closeRemote(INTERNAL_ERROR);
  };

  readonly #onRemoteClose = (): void => {
    this.#remoteOpen = false;
    this.#closeLocal();
  };

  #closeRemote(code: number): void {
    if (!this.#remoteOpen) return;
    this.#remoteOpen = false;
    this.#remote.websocket.close(code);
    // The answer to the close frame is read even if the local side was too slow for what came before it.
    this.#remote.websocket.resume();
  }

  #closeLocal(): void {
    if (this.#local.destroyed) return;
    const timer = setTimeout(() => {
      this.#local.destroy();
    }, this.#flushTimeoutMs);
    this.#local.once('close', () => {
      clearTimeout(timer);
    });
    // Writes what is queued, then destroys; what the service still says has nowhere to go.
    this.#local.destroySoon();
    this.#local.resume();
  }
}
