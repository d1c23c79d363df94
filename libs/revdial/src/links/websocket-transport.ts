import type { Socket } from 'node:net';
import type { RawData, WebSocket } from 'ws';
import { LINK_SILENCE_LIMIT_MS, TCP_KEEP_ALIVE_DELAY_MS } from '../limits.js';
import { RevDialError } from '../revdial-error.js';
import type { LinkEndReason } from '../runner-link.js';
import type { ControlTransport, ControlTransportEvents } from './control-transport.js';

export interface WebSocketTransportOptions {
  /** How long the peer may give no sign of life. */
  readonly silenceLimitMs?: number;
}

/**
 * Generation 2: control bytes in binary frames (revdial-wire §3). Any frame is a sign of life, our pings ask for one; a
 * peer without any for `silenceLimitMs` is dead. Text frames end the link.
 */
export class WebSocketTransport implements ControlTransport {
  readonly kind = 'websocket';
  readonly hasPings = true;
  readonly remoteAddress: string;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #silenceLimitMs: number;
  #events: ControlTransportEvents | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #pingNumber = 0;
  #pingSentAtMs = 0;

  constructor(webSocket: WebSocket, socket: Socket, options: WebSocketTransportOptions = {}) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#silenceLimitMs = options.silenceLimitMs ?? LINK_SILENCE_LIMIT_MS;
    this.remoteAddress = socket.remoteAddress ?? 'unknown';
  }

  get unsentByteCount(): number {
    return this.#socket.writableLength;
  }

  start(events: ControlTransportEvents): void {
    this.#events = events;
    this.#socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS);
    this.#silenceTimer = setTimeout(() => {
      this.#end('peer-silent', new Error(`no sign of life for ${String(this.#silenceLimitMs)} ms`));
    }, this.#silenceLimitMs);
    this.#silenceTimer.unref();
    const webSocket = this.#webSocket;
    webSocket.on('message', (message: RawData, isBinary: boolean) => {
      this.#silenceTimer?.refresh();
      if (isBinary) this.#events?.onBytes(message as Buffer);
      else
        this.#end('protocol-violation', new RevDialError('PROTOCOL_VIOLATION', 'a text frame on a control connection'));
    });
    webSocket.on('ping', () => {
      this.#alive();
    });
    webSocket.on('pong', (payload: Buffer) => {
      const answersLatest = payload.toString('latin1') === String(this.#pingNumber);
      this.#alive(answersLatest ? performance.now() - this.#pingSentAtMs : undefined);
    });
    webSocket.on('error', (error: Error & { readonly code?: string }) => {
      this.#end(error.code?.startsWith('WS_ERR_') === true ? 'protocol-violation' : 'error', error);
    });
    webSocket.on('close', () => {
      const cause = this.#socket.errored;
      if (cause === null) this.#end('peer-closed');
      else this.#end('error', cause);
    });
    process.nextTick(() => this.#events?.onReady());
    // A ping at once, so that the round trip is known before the first interval is over.
    process.nextTick(() => {
      this.ping();
    });
  }

  send(bytes: Buffer): void {
    if (this.#events !== undefined) this.#webSocket.send(bytes, { binary: true, compress: false }, ignoreFailure);
  }

  ping(): void {
    if (this.#events === undefined) return;
    this.#pingNumber += 1;
    this.#pingSentAtMs = performance.now();
    this.#webSocket.ping(Buffer.from(String(this.#pingNumber), 'latin1'), false, ignoreFailure);
  }

  close(reason: LinkEndReason): void {
    this.#forget();
    this.#webSocket.close(...closeFrame(reason));
  }

  destroy(reason: LinkEndReason): void {
    this.#forget();
    this.#webSocket.close(...closeFrame(reason));
    this.#webSocket.terminate();
  }

  #alive(roundTripMs?: number): void {
    this.#silenceTimer?.refresh();
    this.#events?.onAlive(roundTripMs);
  }

  #end(reason: LinkEndReason, cause?: unknown): void {
    const events = this.#events;
    if (events === undefined) return;
    this.destroy(reason);
    events.onEnd(reason, cause);
  }

  #forget(): void {
    this.#events = undefined;
    clearTimeout(this.#silenceTimer);
  }
}

/** A failed write is also the socket's error or close, which is where it is handled. */
function ignoreFailure(): void {
  return undefined;
}

/** Close codes of RFC 6455 §7.4.1: 1001 going away, 1008 policy violation. */
function closeFrame(reason: LinkEndReason): [code: number, text: string] {
  switch (reason) {
    case 'shutdown':
      return [1001, reason];
    case 'protocol-violation':
    case 'revoked':
      return [1008, reason];
    case 'peer-closed':
    case 'peer-silent':
    case 'superseded':
    case 'error':
      return [1000, reason];
    default:
      return reason satisfies never;
  }
}
