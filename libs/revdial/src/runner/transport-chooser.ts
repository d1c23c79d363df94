import type { DialBackTransport } from './dial-back-transport.js';
import { HIJACK_PROBE_AFTER_MS } from './limits.js';

/** `auto` finds out; the others insist. */
export type TransportMode = 'auto' | DialBackTransport;

/** Hijacked links cut young, one after the other, that make us stop blaming chance. */
const SHORT_HIJACKS_COUNT = 2;

/**
 * Chooses between the hijacked socket, which costs less, and the WebSocket, which more of what stands between a runner and
 * its API lets through. WebSocket once chosen stays until it is refused too, or until a link of it that stood for hours is
 * lost: two restarts of the API in a row look like something in between that cuts, and must not decide for ever.
 */
export class TransportChooser {
  readonly #mode: TransportMode;
  readonly #shortHijackMs: number;
  #current: DialBackTransport;
  #why: string;
  #shortHijackCount = 0;
  /** WebSocket was chosen and has not stood yet: the API going away looks like something in between that cuts. */
  #isProvisional = false;

  constructor(mode: TransportMode, shortHijackMs: number) {
    this.#mode = mode;
    this.#shortHijackMs = shortHijackMs;
    this.#current = mode === 'auto' ? 'hijack' : mode;
    this.#why = mode === 'auto' ? 'tried first' : 'as configured';
  }

  get current(): DialBackTransport {
    return this.#current;
  }

  /** For people: why it is this one. */
  get why(): string {
    return this.#why;
  }

  /** What answered does not speak the current transport. Returns whether the other one is worth a try at once. */
  refused(problem: string): boolean {
    if (this.#mode !== 'auto') return false;
    const refusing = this.#current;
    this.#switchTo(refusing === 'hijack' ? 'websocket' : 'hijack', `${refusing} refused: ${problem}`);
    // From WebSocket back to hijack is a new round, and rounds wait.
    return refusing === 'hijack';
  }

  /** A link stands. */
  connected(): void {
    this.#isProvisional = false;
  }

  /** The API itself is away or closing: that, and nothing in between, is what cut before. */
  unavailable(): void {
    this.#shortHijackCount = 0;
    if (this.#isProvisional) this.#switchTo('hijack', 'tried again: the API was away when it failed');
  }

  /** A link ended that was healthy for `lifeMs`. */
  lost(lifeMs: number): void {
    if (this.#mode !== 'auto') return;
    if (this.#current === 'websocket') {
      if (lifeMs >= HIJACK_PROBE_AFTER_MS) this.#switchTo('hijack', 'tried again: WebSocket was chosen hours ago');
      return;
    }
    this.#shortHijackCount = lifeMs < this.#shortHijackMs ? this.#shortHijackCount + 1 : 0;
    if (this.#shortHijackCount >= SHORT_HIJACKS_COUNT) {
      this.#switchTo(
        'websocket',
        `hijack was cut ${String(SHORT_HIJACKS_COUNT)} times in a row, last after ${String(lifeMs)} ms`,
      );
    }
  }

  #switchTo(transport: DialBackTransport, why: string): void {
    this.#current = transport;
    this.#why = why;
    this.#shortHijackCount = 0;
    this.#isProvisional = transport === 'websocket';
  }
}
