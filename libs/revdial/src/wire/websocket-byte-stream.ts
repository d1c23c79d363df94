import type { Socket } from 'node:net';
import {
  DATA_FRAME_OUT_MAX_BYTES,
  FRAME_COPY_MAX_BYTES,
  PONG_UNSENT_MAX_BYTES,
  STREAM_HIGH_WATER_MARK_BYTES,
  WEBSOCKET_CLOSE_TIMEOUT_MS,
} from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import { TunnelStream } from '../tunnel-stream.js';
import { keepReadingAfterFailedWrite } from './keep-reading.js';
import { FRAME_OPCODES, frameHeader, WebSocketViolation } from './websocket-frame.js';
import { WebSocketFrameReader } from './websocket-frame-reader.js';

type Callback = (error?: Error | null) => void;

interface Write {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/** Close codes of RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;

export interface WebSocketByteStreamOptions {
  readonly highWaterMarkBytes?: number;
  /** What the peer sent right behind its handshake. */
  readonly earlyBytes?: Buffer;
}

/**
 * The server's end of an open WebSocket as a byte stream: the payload of a data connection (revdial-wire §2). Binary frames
 * carry bytes and their borders mean nothing, so payload passes as it arrives (`WebSocketFrameReader`). Half-close does not
 * exist on this wire: when either side ends, what was received is still delivered and both directions close. A peer that
 * closes its socket without a close frame, as the Go clients do, has ended too.
 *
 * Backpressure is real both ways: an unread stream pauses the socket, and a write calls back when the kernel has taken it.
 * Errors with a RevDialError: PROTOCOL_VIOLATION; LINK_LOST after a reset; UPSTREAM_INVALID when the peer closes with a code
 * that tells of a failure, such as 1011; SERVICE_DOWN instead of the last two when no byte had come.
 */
export class WebSocketByteStream extends TunnelStream {
  readonly #socket: Socket;
  readonly #frames: WebSocketFrameReader;
  #bytesRead = 0;
  #bytesWritten = 0;
  #isCloseSent = false;
  #hasInputEnded = false;
  #closeCode: number | undefined;
  #cutTimer: NodeJS.Timeout | undefined;
  #finalCallback: Callback | undefined;

  /** `socket` has been answered 101; its bytes are frames from now on. */
  constructor(socket: Socket, options: WebSocketByteStreamOptions = {}) {
    const highWaterMark = options.highWaterMarkBytes ?? STREAM_HIGH_WATER_MARK_BYTES;
    super({ decodeStrings: false, allowHalfOpen: false, highWaterMark });
    this.#socket = socket;
    this.#frames = new WebSocketFrameReader({
      onPing: (payload) => {
        this.#answerPing(payload);
      },
      onClose: (code) => {
        this.#closeCode = code;
        this.#hasInputEnded = true;
      },
    });
    socket.setTimeout(0);
    socket.setNoDelay(true);
    keepReadingAfterFailedWrite(socket);
    // Before the socket is listened to, which has a tick of its own in which it begins to flow.
    const { earlyBytes } = options;
    if (earlyBytes !== undefined && earlyBytes.length > 0) process.nextTick(this.#onData, earlyBytes);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    // Its event has passed.
    if (socket.closed) process.nextTick(this.#onClose);
  }

  /** Payload bytes received, whether they are consumed yet or not. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Payload bytes handed to the socket. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  override _read(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: Callback): void {
    this.#send(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk, callback);
  }

  /** Several small writes in one turn, such as a head and its body, leave in one go. */
  override _writev(writes: readonly Write[], callback: Callback): void {
    const chunks = writes.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    this.#socket.cork();
    chunks.forEach((chunk, index) => {
      // Writes complete in order, and one that fails takes the socket with it: the last answer speaks for all.
      this.#send(chunk, index === chunks.length - 1 ? callback : undefined);
    });
    this.#socket.uncork();
  }

  override _final(callback: Callback): void {
    if (this.#hasInputEnded || this.#socket.closed) {
      callback();
      return;
    }
    // What the peer still had under way when we ended is not lost: it is read on until its close frame.
    this.#finalCallback = callback;
    this.#sendClose(NORMAL_CLOSURE);
    this.#cutLater();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const socket = this.#socket;
    socket.off('data', this.#onData);
    if (!socket.destroyed) {
      // The close frame tells the peer that this is on purpose; its answer is not waited for.
      this.#sendClose(error instanceof WebSocketViolation ? error.closeCode : NORMAL_CLOSURE);
      if (error === null && this.#hasInputEnded) {
        this.#cutLater();
        socket.resume();
        socket.destroySoon();
      } else {
        socket.destroy();
      }
    }
    this.#settleFinal(error);
    callback(error);
  }

  #send(bytes: Buffer, callback: Callback | undefined): void {
    if (this.isCut) {
      callback?.();
      return;
    }
    this.#bytesWritten += bytes.length;
    const onWritten = (cause?: Error | null): void => {
      if (callback === undefined) return;
      if (!cause) {
        this.callBack(callback, null);
        return;
      }
      const error = this.#goneError('LINK_LOST', 'the data connection closed under a write', cause);
      this.cutWhenRead(error, this.#hasInputEnded);
      this.callBack(callback, this.isCut ? null : error);
    };
    const socket = this.#socket;
    if (bytes.length <= FRAME_COPY_MAX_BYTES) {
      const frame = frameHeader(FRAME_OPCODES.binary, bytes.length, bytes.length);
      bytes.copy(frame, frame.length - bytes.length);
      socket.write(frame, onWritten);
      return;
    }
    socket.cork();
    for (let at = 0; at < bytes.length; at += DATA_FRAME_OUT_MAX_BYTES) {
      const end = Math.min(bytes.length, at + DATA_FRAME_OUT_MAX_BYTES);
      socket.write(frameHeader(FRAME_OPCODES.binary, end - at));
      socket.write(bytes.subarray(at, end), end === bytes.length ? onWritten : undefined);
    }
    socket.uncork();
  }

  #sendClose(code: number): void {
    if (this.#isCloseSent || !this.#socket.writable) return;
    this.#isCloseSent = true;
    const frame = frameHeader(FRAME_OPCODES.close, 2, 2);
    frame.writeUInt16BE(code, 2);
    this.#socket.write(frame);
  }

  #answerPing(payload: Buffer): void {
    if (this.#isCloseSent || !this.#socket.writable || this.#socket.writableLength > PONG_UNSENT_MAX_BYTES) return;
    const frame = frameHeader(FRAME_OPCODES.pong, payload.length, payload.length);
    payload.copy(frame, 2);
    this.#socket.write(frame);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.destroyed) return;
    let payload: Buffer;
    try {
      payload = this.#frames.push(chunk);
    } catch (error) {
      this.destroy(asError(error));
      return;
    }
    if (payload.length > 0) {
      this.#bytesRead += payload.length;
      if (!this.push(payload)) this.#socket.pause();
    }
    if (this.#hasInputEnded) this.#endInput();
  };

  readonly #onEnd = (): void => {
    if (this.destroyed || this.#hasInputEnded) return;
    this.#hasInputEnded = true;
    this.#endInput();
  };

  /** The peer has said its last. The writable side ends when the reader has had everything (`allowHalfOpen`). */
  #endInput(): void {
    const code = this.#closeCode ?? NORMAL_CLOSURE;
    this.#socket.off('data', this.#onData);
    this.#socket.resume();
    this.#sendClose(NORMAL_CLOSURE);
    this.#socket.end();
    this.#cutLater();
    if (code !== NORMAL_CLOSURE && code !== GOING_AWAY)
      this.cutWhenRead(
        this.#goneError('UPSTREAM_INVALID', `the runner closed a data connection with ${String(code)}`),
        false,
      );
    else this.push(null);
    this.#settleFinal(null);
  }

  readonly #onError = (cause: Error): void => {
    if (this.destroyed || this.#hasInputEnded) return;
    this.#hasInputEnded = true;
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
    this.cutWhenRead(this.#goneError('LINK_LOST', `a data connection was lost (${code})`, cause), false);
    this.#settleFinal(null);
  };

  readonly #onClose = (): void => {
    clearTimeout(this.#cutTimer);
    this.#onEnd();
  };

  /**
   * Clients dial their local service after the WebSocket is up and just close when that fails (revdial-wire §2). If we have
   * written by then, their close reaches us as a reset or as a failed write: still an end before the first byte.
   */
  #goneError(code: 'LINK_LOST' | 'UPSTREAM_INVALID', message: string, cause?: Error): RevDialError {
    const options = cause === undefined ? {} : { cause };
    return new RevDialError(this.#bytesRead === 0 ? 'SERVICE_DOWN' : code, message, options);
  }

  #settleFinal(error: Error | null): void {
    const callback = this.#finalCallback;
    this.#finalCallback = undefined;
    callback?.(error);
  }

  #cutLater(): void {
    if (this.#socket.destroyed) return;
    this.#cutTimer ??= setTimeout(() => this.#socket.destroy(), WEBSOCKET_CLOSE_TIMEOUT_MS).unref();
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
