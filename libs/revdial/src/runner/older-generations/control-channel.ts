import { withDeadline, withSignal } from '@helix/pacing';
import type { LinkEndReason } from '../../runner-link.js';
import { encodeControlLine } from '../../wire/control-line-codec.js';
import type { ControlMessage, ReceivedControlMessage } from '../../wire/control-line-codec.js';
import { ControlLineReader } from '../../wire/control-line-reader.js';
import { ConnectError } from '../connect/connect-error.js';
import type { SocketConnector } from '../connect/socket-connector.js';
import { CONTROL_QUEUE_MAX_BYTES, GOODBYE_LIMIT_MS } from '../limits.js';
import type { RunnerTimings } from '../limits.js';
import type { DialBackTransport } from '../tunnel-status.js';

/** What carries control lines: a hijacked socket or a WebSocket. */
export interface ControlWire {
  readonly transport: DialBackTransport;
  /** Bytes written and not yet taken by the kernel. */
  queuedByteCount(): number;
  write(line: Buffer): void;
  /** Says goodbye, after what is queued. */
  end(): void;
  /** Settles when the connection is gone. */
  readonly gone: Promise<void>;
  destroy(): void;
}

export interface ControlChannelEnd {
  readonly reason: LinkEndReason;
  /** For people. */
  readonly detail: string;
}

export interface ControlChannelOptions {
  /** The link is dead when nothing was heard for this long. */
  readonly silenceLimitMs: number;
  readonly onMessage: (message: ReceivedControlMessage) => void;
}

/**
 * The control side of one link over either transport: lines in, lines out, and the judgement that the peer is dead. Its
 * opener feeds it with `receive`, `heard` and `end`.
 */
export class ControlChannel {
  readonly transport: DialBackTransport;
  /** Settles once. Never rejects. */
  readonly closed: Promise<ControlChannelEnd>;
  /** Resolves with the first line that arrives; never, if none does. */
  readonly #firstLine: Promise<void>;
  readonly #wire: ControlWire;
  readonly #reader: ControlLineReader;
  readonly #silenceTimer: NodeJS.Timeout;
  #settleClosed: ((end: ControlChannelEnd) => void) | undefined;

  constructor(wire: ControlWire, options: ControlChannelOptions) {
    this.transport = wire.transport;
    this.#wire = wire;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    let onFirstLine: (() => void) | undefined;
    this.#firstLine = new Promise((resolve) => {
      onFirstLine = resolve;
    });
    this.#reader = new ControlLineReader({
      onMessage: (message) => {
        onFirstLine?.();
        onFirstLine = undefined;
        options.onMessage(message);
      },
      onViolation: (error) => {
        this.destroy('protocol-violation', error.message);
      },
    });
    this.#silenceTimer = setTimeout(() => {
      this.destroy('peer-silent', `nothing heard for ${String(options.silenceLimitMs)} ms`);
    }, options.silenceLimitMs);
  }

  /**
   * Resolves when the first line is here.
   * @throws ConnectError NOT_A_LINK: `problem` when none comes within `limitMs`, or that the channel ended before; the signal's reason
   */
  untilFirstLine(limitMs: number, problem: string, signal: AbortSignal): Promise<void> {
    const cut = this.closed.then(({ detail }) => {
      throw new ConnectError('NOT_A_LINK', `cut before the first keep-alive: ${detail}`);
    });
    const timeoutError = (): Error => new ConnectError('NOT_A_LINK', problem);
    return withDeadline(limitMs, signal, timeoutError, (bounded) =>
      withSignal(bounded, Promise.race([this.#firstLine, cut])),
    );
  }

  /** Takes bytes of the peer. */
  receive(bytes: Buffer): void {
    this.heard();
    this.#reader.push(bytes);
  }

  /** The peer lives. */
  heard(): void {
    if (this.#settleClosed !== undefined) this.#silenceTimer.refresh();
  }

  /** Writes one line in one write; dropped when the channel has ended. */
  send(message: ControlMessage): void {
    if (this.#settleClosed === undefined) return;
    if (this.#wire.queuedByteCount() > CONTROL_QUEUE_MAX_BYTES) {
      this.destroy('peer-silent', 'the API does not read');
      return;
    }
    this.#wire.write(encodeControlLine(message));
  }

  /** The wire is gone, or its peer has ended it. Idempotent. */
  end(reason: LinkEndReason, detail: string): void {
    const settle = this.#settleClosed;
    if (settle === undefined) return;
    this.#settleClosed = undefined;
    clearTimeout(this.#silenceTimer);
    this.#reader.stop();
    settle({ reason, detail });
  }

  /** Says goodbye and ends; what is queued still leaves. Resolves when the wire is gone, which takes a second at most. */
  async close(): Promise<void> {
    this.end('shutdown', 'closed by this side');
    this.#wire.end();
    const cutTimer = setTimeout(() => {
      this.#wire.destroy();
    }, GOODBYE_LIMIT_MS);
    await this.#wire.gone;
    clearTimeout(cutTimer);
  }

  /** Cuts. Idempotent. */
  destroy(reason: LinkEndReason, detail: string): void {
    this.end(reason, detail);
    this.#wire.destroy();
  }
}

/** What opening a control connection takes, over either transport. */
export interface ControlOpenOptions {
  readonly connector: SocketConnector;
  readonly runnerId: string;
  readonly token: string;
  readonly timings: RunnerTimings;
  /** Called for every line, from the first one on, which may be before the opening has resolved. */
  readonly onMessage: (message: ReceivedControlMessage) => void;
}
