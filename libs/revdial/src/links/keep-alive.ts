import { ANSWERED_KEEP_ALIVE_INTERVAL_MS, KEEP_ALIVE_INTERVAL_MS, KEEP_ALIVES_MISSED_MAX_COUNT } from '../limits.js';

export interface KeepAliveOptions {
  readonly keepAliveIntervalMs?: number;
  /** Between two keep-alives to a runner that answers them. */
  readonly answeredKeepAliveIntervalMs?: number;
}

export interface KeepAliveEvents {
  /** Writes one keep-alive, and pings where the wire has pings. */
  readonly onDue: () => void;
  /** A runner that used to answer has given no sign of life. At most once; nothing follows. */
  readonly onSilent: (silentMs: number) => void;
}

/** Answers in a row that make an answering runner. One might be a keep-alive that a runner sends unasked. */
const ANSWERS_BEFORE_TRUSTED_COUNT = 2;

/**
 * When the API says keep-alive on a control connection, and what it learns from the answers. Runners need not answer (the Go
 * clients do not); one that does hears from the API more often, and its silence means that it is dead.
 *
 * Silence is counted in turns of the clock and not in time: after this process was busy for long, the answers that wait to
 * be read come before the next turn.
 */
export class KeepAlive {
  readonly #intervalMs: number;
  readonly #answeredIntervalMs: number;
  readonly #events: KeepAliveEvents;
  #timer: NodeJS.Timeout | undefined;
  #sentAtMs: number | undefined;
  #answersInARow = 0;
  #isTrusted = false;
  #silentTurnCount = 0;

  constructor(options: KeepAliveOptions, events: KeepAliveEvents) {
    this.#intervalMs = options.keepAliveIntervalMs ?? KEEP_ALIVE_INTERVAL_MS;
    // A test or an operator who wants them more often in general wants that here too.
    this.#answeredIntervalMs = Math.min(
      this.#intervalMs,
      options.answeredKeepAliveIntervalMs ?? ANSWERED_KEEP_ALIVE_INTERVAL_MS,
    );
    this.#events = events;
  }

  start(): void {
    this.#arm(this.#intervalMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Did the runner answer the latest keep-alives? Then it answers the next one, if it lives. */
  get isAnswered(): boolean {
    return this.#answersInARow > 0 || this.#isTrusted;
  }

  /** One that may be answered was written. */
  sent(): void {
    this.#sentAtMs = performance.now();
  }

  /** A sign of life of any kind. */
  heard(): void {
    this.#silentTurnCount = 0;
  }

  /** A keep-alive of the runner. Returns the round trip in milliseconds if it is an answer. */
  answered(): number | undefined {
    if (this.#sentAtMs === undefined) return undefined;
    const roundTripMs = performance.now() - this.#sentAtMs;
    this.#sentAtMs = undefined;
    this.#answersInARow += 1;
    if (this.#answersInARow >= ANSWERS_BEFORE_TRUSTED_COUNT) this.#isTrusted = true;
    if (this.#answersInARow === 1 && !this.#isTrusted) {
      // A late answer does not put the next one off: the wire promises the runner one every 18 s.
      this.#arm(this.#answeredIntervalMs, Math.min(this.#answeredIntervalMs, this.#intervalMs - roundTripMs));
    }
    return roundTripMs;
  }

  #turn(): void {
    if (this.#isTrusted && this.#silentTurnCount >= KEEP_ALIVES_MISSED_MAX_COUNT) {
      this.stop();
      this.#events.onSilent((this.#silentTurnCount + 1) * this.#answeredIntervalMs);
      return;
    }
    this.#silentTurnCount += 1;
    if (this.#sentAtMs !== undefined && this.#answersInARow > 0) {
      this.#answersInARow = 0;
      if (!this.#isTrusted) this.#arm(this.#intervalMs);
    }
    this.#events.onDue();
  }

  #arm(intervalMs: number, firstMs = intervalMs): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#arm(intervalMs);
        this.#turn();
      },
      Math.max(0, firstMs),
    );
    this.#timer.unref();
  }
}
