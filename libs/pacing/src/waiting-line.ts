import { onAbort } from './deadline.js';

export interface WaitingLineOptions {
  /** Callers that may wait at once. */
  readonly maxCount: number;
  /** What a caller is refused with, each in the words of the owner: the line is full, its time is over, its signal aborted. */
  readonly whenFull: () => Error;
  readonly whenLate: (limitMs: number) => Error;
  readonly whenAborted: (reason: unknown) => Error;
  /** Called after a caller has left the line, however it left, and before its promise settles. Must not throw. */
  readonly onLeave?: () => void;
}

export interface WaitOptions {
  /** Without it the caller waits until it is served, refused or aborted. */
  readonly limitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One caller in line, with what it came for. */
export interface Place<Ticket, Outcome> {
  readonly ticket: Ticket;
  /** Resolves the caller's promise and takes it out of the line. Does nothing when it has left. */
  serve(outcome: Outcome | PromiseLike<Outcome>): void;
  /** Rejects it. Does nothing when it has left. */
  refuse(error: Error): void;
}

interface Entry<Ticket, Outcome> extends Place<Ticket, Outcome> {
  readonly leave: () => void;
}

/**
 * Callers that wait for something that comes later: first come, first served. Bounded in count; each has a timeout and an abort
 * signal of its own, and nothing is left behind of one that has left.
 *
 * Iterating gives the places in order; those that leave meanwhile are passed over.
 */
export class WaitingLine<Ticket = void, Outcome = void> {
  readonly #options: WaitingLineOptions;
  readonly #places = new Set<Entry<Ticket, Outcome>>();

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#places.size;
  }

  get first(): Place<Ticket, Outcome> | undefined {
    for (const place of this.#places) return place;
    return undefined;
  }

  [Symbol.iterator](): Iterator<Place<Ticket, Outcome>> {
    return this.#places.values();
  }

  /**
   * Joins the line. Resolves with what the place is served with; rejects with what it is refused with, and with `whenFull`,
   * `whenLate` or `whenAborted`.
   */
  wait(ticket: Ticket, { limitMs, signal }: WaitOptions = {}): Promise<Outcome> {
    const { maxCount, whenFull, whenLate, whenAborted, onLeave } = this.#options;
    if (signal?.aborted === true) return Promise.reject(whenAborted(signal.reason));
    if (this.#places.size >= maxCount) return Promise.reject(whenFull());
    return new Promise<Outcome>((resolve, reject) => {
      let isSettled = false;
      const settle = (end: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        place.leave();
        end();
      };
      const place: Entry<Ticket, Outcome> = {
        ticket,
        serve: (outcome) => {
          settle(() => {
            resolve(outcome);
          });
        },
        refuse: (error) => {
          settle(() => {
            reject(error);
          });
        },
        leave: () => {
          if (!this.#places.delete(place)) return;
          clearTimeout(timer);
          stopListening();
          onLeave?.();
        },
      };
      const timer =
        limitMs === undefined
          ? undefined
          : setTimeout(() => {
              place.refuse(whenLate(limitMs));
            }, limitMs);
      const stopListening = onAbort(signal, (reason) => {
        place.refuse(whenAborted(reason));
      });
      this.#places.add(place);
    });
  }

  /**
   * Takes the first out of the line without settling it: from now on neither its timeout nor its signal counts, and the caller
   * must serve or refuse it.
   */
  shift(): Place<Ticket, Outcome> | undefined {
    for (const place of this.#places) {
      place.leave();
      return place;
    }
    return undefined;
  }

  /** Serves all who wait at this moment, in order. */
  serveAll(outcome: Outcome): void {
    for (const place of [...this.#places]) place.serve(outcome);
  }

  /** Refuses all who wait at this moment, in order. */
  refuseAll(error: Error): void {
    for (const place of [...this.#places]) place.refuse(error);
  }
}
