import type { Socket } from 'node:net';
import { reportDefect } from '../defect.js';
import { FRAME_COPY_MAX_BYTES, SOCKET_CLOSE_TIMEOUT_MS } from '../limits.js';
import type { BytePipe, PipeEnd, PipeReceiver, PipeCloseCode } from './byte-pipe.js';
import { CARRIER_QUEUE_MAX_BYTES } from './limits.js';

/**
 * An upgraded TCP or TLS socket as a pipe: what is written is what travels. The wire has no code of its own here: an end of the
 * peer is `done`, a reset is `lost`. Bytes of the peer are delivered until `onClosed`.
 */
export class SocketCarrier implements BytePipe {
  readonly #socket: Socket;
  #receiver: PipeReceiver | undefined;
  #isPaused = false;
  #closing: PipeEnd | undefined;
  #end: PipeEnd | undefined;
  #cutTimer: NodeJS.Timeout | undefined;

  /** `head` is what the peer sent right behind its handshake. */
  constructor(socket: Socket, head?: Buffer) {
    this.#socket = socket;
    socket.pause();
    socket.setTimeout(0);
    socket.setNoDelay(true);
    if (head !== undefined && head.length > 0 && !socket.readableEnded && !socket.destroyed) socket.unshift(head);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    // Its event has passed.
    if (socket.closed) process.nextTick(this.#onClose);
  }

  start(receiver: PipeReceiver): void {
    this.#receiver = receiver;
    const socket = this.#socket;
    if (this.#end !== undefined) {
      this.#reportEndLater();
      return;
    }
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    if (socket.readableEnded) process.nextTick(this.#onEnd);
    // The constructor has paused the socket, so a 'data' listener alone does not start the flow.
    if (!this.#isPaused) socket.resume();
  }

  get writableBytes(): number {
    if (!this.#isOpen) return 0;
    return Math.max(0, CARRIER_QUEUE_MAX_BYTES - this.#socket.writableLength);
  }

  /** The socket under it knows nothing of round trips. */
  get roundTripMs(): number | undefined {
    return undefined;
  }

  write(chunks: readonly Buffer[]): void {
    if (!this.#isOpen || chunks.length === 0) return;
    this.send(this.encode(chunks));
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#receiver !== undefined && this.#end === undefined) this.#socket.resume();
  }

  close(code: PipeCloseCode, reason = ''): void {
    if (!this.#isOpen) return;
    this.sendGoodbye(code);
    this.#closing = { code, reason, byPeer: false };
    this.#socket.end();
    this.#cutLater();
  }

  destroy(code: PipeCloseCode, cause?: unknown): void {
    if (this.#end !== undefined) return;
    if (this.#closing === undefined) this.sendGoodbye(code);
    this.#end = { code, reason: '', byPeer: false, ...(cause === undefined ? {} : { cause }) };
    this.#socket.destroy();
    this.#reportEndLater();
  }

  /** What is to be written for these bytes. */
  protected encode(chunks: readonly Buffer[]): readonly Buffer[] {
    if (chunks.length === 1) return chunks;
    const byteCount = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return byteCount > FRAME_COPY_MAX_BYTES ? chunks : [Buffer.concat(chunks, byteCount)];
  }

  /** What arrived. */
  protected receive(chunk: Buffer): void {
    this.deliver(chunk);
  }

  /** Writes the carrier's own end, such as a close frame. */
  protected sendGoodbye(_code: PipeCloseCode): void {
    return undefined;
  }

  protected deliver(bytes: Buffer): void {
    if (this.#end !== undefined || bytes.length === 0) return;
    this.#callReceiver((receiver) => {
      receiver.onBytes(bytes);
    });
  }

  /** Bytes as they are. */
  protected send(buffers: readonly Buffer[]): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (buffers.length === 1) {
      for (const buffer of buffers) socket.write(buffer);
      return;
    }
    socket.cork();
    for (const buffer of buffers) socket.write(buffer);
    socket.uncork();
  }

  /** The peer has ended. */
  protected endByPeer(code: PipeCloseCode): void {
    if (this.#end !== undefined) return;
    if (this.#closing === undefined) this.sendGoodbye('done');
    this.#end = this.#closing ?? { code, reason: '', byPeer: true };
    this.#socket.off('data', this.#onData);
    this.#socket.resume();
    this.#socket.end();
    this.#cutLater();
    this.#reportEnd(this.#end);
  }

  protected get unsentByteCount(): number {
    return this.#socket.writableLength;
  }

  get #isOpen(): boolean {
    return this.#end === undefined && this.#closing === undefined && this.#socket.writable;
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#end === undefined) this.receive(chunk);
  };

  readonly #onDrain = (): void => {
    if (!this.#isOpen) return;
    this.#callReceiver((receiver) => {
      receiver.onWritable();
    });
  };

  readonly #onEnd = (): void => {
    this.endByPeer('done');
  };

  readonly #onError = (cause: Error): void => {
    this.#finish(this.#closing ?? { code: 'lost', reason: '', byPeer: false, cause });
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#cutTimer);
    this.#finish(this.#closing ?? { code: 'lost', reason: '', byPeer: false });
  };

  #finish(end: PipeEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#reportEnd(end);
  }

  /** An error of the receiver ends this connection; a link above goes on over another one. */
  #callReceiver(say: (receiver: PipeReceiver) => void): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    try {
      say(receiver);
    } catch (error) {
      reportDefect('the receiver of a carrier', error);
      this.destroy('internal', error);
    }
  }

  #reportEnd(end: PipeEnd): void {
    this.#callReceiver((receiver) => {
      receiver.onClosed(end);
    });
  }

  #reportEndLater(): void {
    const end = this.#end;
    if (end !== undefined && this.#receiver !== undefined)
      process.nextTick(() => {
        this.#reportEnd(end);
      });
  }

  #cutLater(): void {
    if (this.#socket.destroyed) return;
    this.#cutTimer ??= setTimeout(() => this.#socket.destroy(), SOCKET_CLOSE_TIMEOUT_MS).unref();
  }
}
