import { CONTROL_UNSENT_MAX_BYTES, PROBE_TRIALS_MAX_COUNT } from '../limits.js';
import { ControlLineReader } from '../wire/control-line-reader.js';
import { encodeControlLine } from '../wire/control-line-codec.js';
import type { LinkEndReason } from '../runner-link.js';
import type { ControlMessage, ReceivedControlMessage } from '../wire/control-line-codec.js';
import type { ControlTransport } from './control-transport.js';
import { KeepAlive } from './keep-alive.js';
import type { KeepAliveOptions } from './keep-alive.js';

export interface ControlChannelOptions extends KeepAliveOptions {
  readonly lineMaxAgeMs?: number;
}

export interface ControlChannelEvents {
  readonly onReady: () => void;
  readonly onMessage: (message: ReceivedControlMessage) => void;
  /** The runner gave a sign of life, of any kind. */
  readonly onSeen: () => void;
  /** Each time a keep-alive is due. */
  readonly onTurn: () => void;
  /** At most once; nothing follows. */
  readonly onEnd: (reason: LinkEndReason, cause?: unknown) => void;
}

/** The API's end of a control connection: lines in and out, keep-alives, and every way in which a peer can break them. */
export class ControlChannel {
  readonly transport: ControlTransport;
  readonly #keepAlive: KeepAlive;
  readonly #lines: ControlLineReader;
  #events: ControlChannelEvents | undefined;
  #isReady = false;
  #lastSeenAtMs = Date.now();
  /** When the oldest question was asked that no sign of life has followed. */
  #askedAtMs: number | undefined;
  #trialCount = 0;
  #roundTripMs: number | undefined;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(transport: ControlTransport, options: ControlChannelOptions = {}) {
    this.transport = transport;
    this.#keepAlive = new KeepAlive(options, {
      onDue: () => {
        this.#ask();
        this.#events?.onTurn();
      },
      onSilent: (silentMs) => {
        this.#end('peer-silent', new Error(`answered keep-alives, then no sign of life for ${String(silentMs)} ms`));
      },
    });
    this.#lines = new ControlLineReader({
      onMessage: (message) => {
        if (message.command === 'keep-alive' && !transport.hasPings) {
          this.#roundTripMs = this.#keepAlive.answered() ?? this.#roundTripMs;
        }
        this.#events?.onMessage(message);
      },
      onViolation: (error) => {
        this.#end('protocol-violation', error);
      },
      ...(options.lineMaxAgeMs === undefined ? {} : { lineMaxAgeMs: options.lineMaxAgeMs }),
    });
  }

  /** May commands be sent? A hijacked link makes them wait (`HijackTransport`). */
  get isReady(): boolean {
    return this.#isReady;
  }

  get lastSeenAtMs(): number {
    return this.#lastSeenAtMs;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** How long the runner has left a keep-alive or ping unanswered that it would answer if it lived; 0 when it owes none. */
  get unansweredMs(): number {
    return this.#askedAtMs === undefined ? 0 : performance.now() - this.#askedAtMs;
  }

  get bytesIn(): number {
    return this.#bytesIn;
  }

  get bytesOut(): number {
    return this.#bytesOut;
  }

  start(events: ControlChannelEvents): void {
    this.#events = events;
    this.transport.start({
      onReady: () => {
        this.#isReady = true;
        // A hijacked link has had its first keep-alive; one more costs nothing and a WebSocket link needs it at once.
        this.#sayKeepAlive();
        this.#events?.onReady();
      },
      onBytes: (bytes) => {
        this.markSeen();
        this.#bytesIn += bytes.length;
        this.#lines.push(bytes);
      },
      onAlive: (roundTripMs) => {
        this.markSeen();
        if (roundTripMs !== undefined) this.#roundTripMs = roundTripMs;
      },
      onEnd: (reason, cause) => {
        this.#end(reason, cause);
      },
    });
    this.#keepAlive.start();
  }

  /** The runner showed itself by other means: it picked up a dial. */
  markSeen(): void {
    this.#lastSeenAtMs = Date.now();
    this.#askedAtMs = undefined;
    this.#keepAlive.heard();
    this.#events?.onSeen();
  }

  /** Asks for a sign of life now, unless one is owed already or this runner gives none. */
  probe(): void {
    if (this.#events === undefined || !this.#isReady || this.#askedAtMs !== undefined) return;
    if (this.#isAnswered) {
      this.#ask();
    } else if (this.#trialCount < PROBE_TRIALS_MAX_COUNT) {
      // Whether it gives any is not known yet.
      this.#trialCount += 1;
      this.#sayKeepAlive();
    }
  }

  /** Writes one line by one write. A peer that lets lines pile up is ended as silent. */
  send(message: ControlMessage): void {
    if (this.#events === undefined) return;
    const line = encodeControlLine(message);
    this.#bytesOut += line.length;
    this.transport.send(line);
    if (this.transport.unsentByteCount > CONTROL_UNSENT_MAX_BYTES) {
      this.#end('peer-silent', new Error('the peer does not read its control connection'));
    }
  }

  /** Ends in order; no event follows. Idempotent. */
  close(reason: LinkEndReason): void {
    if (this.#stop()) this.transport.close(reason);
  }

  /** Cuts; no event follows. Idempotent. */
  destroy(reason: LinkEndReason): void {
    if (this.#stop()) this.transport.destroy(reason);
  }

  get #isAnswered(): boolean {
    return this.transport.hasPings || this.#keepAlive.isAnswered;
  }

  #ask(): void {
    if (this.#isReady && this.#isAnswered) this.#askedAtMs ??= performance.now();
    this.#sayKeepAlive();
    this.transport.ping();
  }

  #sayKeepAlive(): void {
    // One that comes before commands may be sent may be lost, and no answer to it is due.
    if (this.#isReady) this.#keepAlive.sent();
    this.send({ command: 'keep-alive' });
  }

  #end(reason: LinkEndReason, cause?: unknown): void {
    const events = this.#events;
    this.destroy(reason);
    events?.onEnd(reason, cause);
  }

  #stop(): boolean {
    if (this.#events === undefined) return false;
    this.#events = undefined;
    this.#lines.stop();
    this.#keepAlive.stop();
    return true;
  }
}
