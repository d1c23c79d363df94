import type { ConnectError } from './connect-error.js';
import { isFinalAnswer } from './is-final-answer.js';
import { UNCLEAR_ROUNDS_COUNT } from './limits.js';
import type { MultiplexedTransport } from './multiplexed-transport.js';

/** `auto` finds out, and finds out that generation 3 is not to be had; the others insist. */
export type MultiplexedMode = 'auto' | MultiplexedTransport;

/** What to do after a carrier was refused. */
export type NextStep = 'other-carrier-at-once' | 'later' | 'give-up';

/**
 * Chooses what carries generation 3: the upgraded socket, which costs less, or the WebSocket, which more of what stands between
 * lets through; and tells when neither will. What worked stays until it is refused.
 */
export class CarrierChooser {
  readonly #mode: MultiplexedMode;
  #current: MultiplexedTransport;
  #why: string;
  /** Refusals since a link stood or the API was away, one round is both carriers. */
  #round: { readonly isFinal: boolean; readonly problem: string }[] = [];
  #unclearRoundCount = 0;
  readonly #proven = new Set<MultiplexedTransport>();

  constructor(mode: MultiplexedMode) {
    this.#mode = mode;
    this.#current = mode === 'auto' ? 'mux' : mode;
    this.#why = mode === 'auto' ? 'tried first' : 'as configured';
  }

  get current(): MultiplexedTransport {
    return this.#current;
  }

  /** For people: why it is this one. */
  get why(): string {
    return this.#why;
  }

  /** For people: what spoke against generation 3 in the last round. */
  get problem(): string {
    return this.#round.map(({ problem }) => problem).join('; ');
  }

  /** A WebSocket is not to be tried on trust: an older API would take it for one of generation 2. */
  get hasToAskFirst(): boolean {
    return this.#mode === 'auto' && this.#current === 'mux-websocket' && !this.#proven.has('mux-websocket');
  }

  /** What answered, or did not, does not speak generation 3 over the current carrier. */
  refused(error: ConnectError): NextStep {
    if (this.#mode !== 'auto') return 'later';
    const refusing = this.#current;
    const problem = `${refusing} refused: ${error.message}`;
    if (this.#round.length === 2) this.#round = [];
    this.#round.push({ isFinal: isFinalAnswer(error), problem });
    this.#current = refusing === 'mux' ? 'mux-websocket' : 'mux';
    this.#why = problem;
    if (this.#round.length === 1) return 'other-carrier-at-once';
    if (this.#round.every(({ isFinal }) => isFinal)) return 'give-up';
    this.#unclearRoundCount += 1;
    return this.#unclearRoundCount >= UNCLEAR_ROUNDS_COUNT ? 'give-up' : 'later';
  }

  /** A link stands. */
  connected(): void {
    this.#proven.add(this.#current);
    this.#forgetRounds();
  }

  /** The API itself is away or closing, or speaks of who asks: no carrier is to blame. */
  unavailable(): void {
    this.#forgetRounds();
  }

  #forgetRounds(): void {
    this.#round = [];
    this.#unclearRoundCount = 0;
  }
}
