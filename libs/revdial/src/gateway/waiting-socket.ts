import type { Socket } from 'node:net';
import { EARLY_BYTES_MAX_BYTES } from '../limits.js';

/**
 * A raw socket while its peer is being authenticated: errors are caught, a peer that leaves is noticed, and bytes that
 * come early are kept up to a bound; a peer that sends more is cut.
 */
export class WaitingSocket {
  readonly socket: Socket;
  /** Aborted when the peer has left or was cut. */
  readonly signal: AbortSignal;
  readonly #left = new AbortController();
  readonly #earlyBytes: Buffer[] = [];
  #earlyByteCount = 0;

  constructor(socket: Socket, head: Buffer) {
    this.socket = socket;
    this.signal = this.#left.signal;
    socket.on('error', this.#onGone);
    socket.on('end', this.#onGone);
    socket.on('close', this.#onGone);
    socket.on('data', this.#onData);
    if (head.length > 0) this.#onData(head);
    if (socket.destroyed) this.#onGone();
  }

  /** Hands the socket over with what came early. Its next owner must listen to `data` and `error` in the same turn. */
  release(): Buffer {
    this.socket.off('error', this.#onGone);
    this.socket.off('end', this.#onGone);
    this.socket.off('close', this.#onGone);
    this.socket.off('data', this.#onData);
    return Buffer.concat(this.#earlyBytes);
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#earlyByteCount += bytes.length;
    if (this.#earlyByteCount > EARLY_BYTES_MAX_BYTES) this.#onGone();
    else this.#earlyBytes.push(bytes);
  };

  readonly #onGone = (): void => {
    this.socket.destroy();
    this.#left.abort();
  };
}
