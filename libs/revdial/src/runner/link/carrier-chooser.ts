import { ConnectError, isConnectError } from '../connect/connect-error.js';
import type { MultiplexedTransport } from '../tunnel-status.js';

/** `auto` finds out; the others insist. */
export type MultiplexedMode = 'auto' | MultiplexedTransport;

/** How carriers are tried. */
export interface CarrierTrials<T> {
  /** Opens a link; resolves when bytes of the API have come through it. @throws ConnectError; the stop's reason */
  open(transport: MultiplexedTransport): Promise<T>;
  /** Does the API answer over a WebSocket, in the words of generation 3? Opens nothing. @throws as `open` */
  ask(): Promise<void>;
}

/**
 * Chooses what carries generation 3: the upgraded socket, which costs less, or the WebSocket, which more of what stands between
 * lets through. That the upgraded socket does not work here is believed only on proof: it fails at a moment at which the API is
 * reached over a WebSocket. An API that is away, however its absence looks (502, a cut, silence, a page of a proxy), fails both
 * and changes nothing.
 */
export class CarrierChooser {
  readonly #mode: MultiplexedMode;
  #current: MultiplexedTransport;
  #why: string;

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

  /** The upgraded socket is worth another try while the WebSocket carries. */
  get mayMoveUp(): boolean {
    return this.#mode === 'auto' && this.#current === 'mux-websocket';
  }

  /** @throws ConnectError as the trials, and NOT_SPOKEN where everything that answered says so; the stop's reason */
  async open<T>(trials: CarrierTrials<T>): Promise<T> {
    if (this.#mode !== 'auto') {
      const opened = await attempt(trials.open(this.#current));
      return opened instanceof ConnectError ? fail({ [this.#current]: opened }) : opened;
    }
    return this.#current === 'mux' ? this.#openRaw(trials) : this.#openWebSocket(trials);
  }

  /** A link was moved to the upgraded socket, and bytes came through. */
  movedUp(): void {
    this.#choose('mux', 'works again');
  }

  async #openRaw<T>(trials: CarrierTrials<T>): Promise<T> {
    const first = await attempt(trials.open('mux'));
    if (!(first instanceof ConnectError)) return first;
    const unanswered = await attempt(trials.ask());
    if (unanswered instanceof ConnectError) return fail({ mux: first, 'mux-websocket': unanswered });
    // The API may have come back between the two.
    const second = await attempt(trials.open('mux'));
    if (!(second instanceof ConnectError)) return second;
    const link = await attempt(trials.open('mux-websocket'));
    if (link instanceof ConnectError) return fail({ mux: second, 'mux-websocket': link });
    this.#choose('mux-websocket', `the API is reached over a WebSocket, and not over mux: ${second.message}`);
    return link;
  }

  /** First what worked here last: an agent comes back sooner. The upgraded socket is tried again when the link stands. */
  async #openWebSocket<T>(trials: CarrierTrials<T>): Promise<T> {
    const first = await attempt(trials.open('mux-websocket'));
    if (!(first instanceof ConnectError)) return first;
    const link = await attempt(trials.open('mux'));
    if (link instanceof ConnectError) return fail({ 'mux-websocket': first, mux: link });
    this.#choose('mux', `mux-websocket refused: ${first.message}`);
    return link;
  }

  #choose(transport: MultiplexedTransport, why: string): void {
    this.#current = transport;
    this.#why = why;
  }
}

/** What the trial came to; an error that is not about the carrier ends the round. */
async function attempt<T>(trial: Promise<T>): Promise<T | ConnectError> {
  try {
    return await trial;
  } catch (error) {
    if (isConnectError(error, 'NOT_A_LINK')) return error;
    throw error;
  }
}

/** The handshake was answered, and the answer says neither that the API is away nor anything about who asks. */
function isFinalAnswer({ status }: ConnectError): boolean {
  return status !== undefined && (status < 500 || status === 501);
}

function fail(errors: Readonly<Partial<Record<MultiplexedTransport, ConnectError>>>): never {
  const all = Object.entries(errors);
  const [, first] = all[0] ?? [];
  const problem = all.map(([transport, { message }]) => `${transport} ${message}`).join('; ');
  const isProof = all.every(([, error]) => isFinalAnswer(error));
  const code = isProof ? 'NOT_SPOKEN' : 'NOT_A_LINK';
  throw new ConnectError(code, problem, {
    cause: first,
    ...(first?.status === undefined ? {} : { status: first.status }),
  });
}
