import type { Socket } from 'node:net';
import {
  FIRST_COMMAND_DELAY_MS,
  SACRIFICIAL_KEEP_ALIVE_DELAY_MS,
  SOCKET_CLOSE_TIMEOUT_MS,
  TCP_KEEP_ALIVE_DELAY_MS,
} from '../limits.js';
import { encodeControlLine } from '../wire/control-line-codec.js';
import type { LinkEndReason } from '../runner-link.js';
import type { ControlTransport, ControlTransportEvents } from './control-transport.js';

export interface HijackTransportOptions {
  readonly sacrificialKeepAliveDelayMs?: number;
  readonly firstCommandDelayMs?: number;
}

/**
 * Generation 1: the raw socket of a request that was answered 200 (revdial-wire §2). Clients read that answer through a
 * buffer and throw away what came in the same read, so the head travels alone, then a keep-alive that may be lost, and
 * commands only after `firstCommandDelayMs`.
 *
 * This wire has no ping. Our agent answers keep-alives (`KeepAlive`); the Go clients normally never send anything, and a dead
 * one is noticed by TCP's own keep-alive, by a write that fails, by control bytes that pile up, and by unanswered
 * dials (`DialBackLink`).
 */
export class HijackTransport implements ControlTransport {
  readonly kind = 'hijack';
  readonly hasPings = false;
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #earlyBytes: Buffer;
  readonly #options: HijackTransportOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #events: ControlTransportEvents | undefined;
  #error: Error | undefined;

  /** `socket` is out of the hands of the HTTP parser, nothing has been answered yet. */
  constructor(socket: Socket, earlyBytes: Buffer, options: HijackTransportOptions = {}) {
    this.#socket = socket;
    this.#earlyBytes = earlyBytes;
    this.#options = options;
    this.remoteAddress = socket.remoteAddress ?? 'unknown';
  }

  get unsentByteCount(): number {
    return this.#socket.writableLength;
  }

  start(events: ControlTransportEvents): void {
    const socket = this.#socket;
    this.#events = events;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
    socket.on('error', (error) => {
      this.#error = error;
    });
    // HTTP servers allow half-open sockets; on this wire an end is the end.
    socket.on('end', () => {
      this.#end('peer-closed');
    });
    socket.on('close', () => {
      if (this.#error === undefined) this.#end('peer-closed');
      else this.#end(isSilence(this.#error) ? 'peer-silent' : 'error', this.#error);
    });
    // Before the socket is listened to, which has a tick of its own in which it begins to flow.
    if (this.#earlyBytes.length > 0) process.nextTick(() => this.#events?.onBytes(this.#earlyBytes));
    socket.on('data', (bytes: Buffer) => this.#events?.onBytes(bytes));
    socket.write(`HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\n\r\n`);
    this.#after(this.#options.sacrificialKeepAliveDelayMs ?? SACRIFICIAL_KEEP_ALIVE_DELAY_MS, () => {
      this.send(encodeControlLine({ command: 'keep-alive' }));
    });
    this.#after(this.#options.firstCommandDelayMs ?? FIRST_COMMAND_DELAY_MS, () => this.#events?.onReady());
    // The peer may have left while it was being let in.
    if (socket.destroyed) process.nextTick(() => this.#end('peer-closed'));
  }

  send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  ping(): void {
    // This wire has none.
  }

  close(): void {
    this.#forget();
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), SOCKET_CLOSE_TIMEOUT_MS);
    timer.unref();
    socket.once('close', () => {
      clearTimeout(timer);
    });
    socket.resume();
    socket.destroySoon();
  }

  destroy(): void {
    this.#forget();
    this.#socket.destroy();
  }

  #end(reason: LinkEndReason, cause?: unknown): void {
    const events = this.#events;
    this.destroy();
    events?.onEnd(reason, cause);
  }

  #forget(): void {
    this.#events = undefined;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    this.#timers.push(timer);
  }
}

function isSilence(error: Error): boolean {
  return 'code' in error && (error.code === 'ETIMEDOUT' || error.code === 'EHOSTUNREACH');
}
