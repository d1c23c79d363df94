import { withSignal } from '@helix/pacing';

/**
 * Lets callers who want the same thing at the same time share one piece of work. The work is aborted when the last of
 * them has left; one who leaves early takes nothing from the others.
 */
export class SingleFlight<Key, Value> {
  readonly #flights = new Map<
    Key,
    { readonly result: Promise<Value>; readonly abort: AbortController; waiting: number }
  >();

  get size(): number {
    return this.#flights.size;
  }

  has(key: Key): boolean {
    return this.#flights.has(key);
  }

  /**
   * Joins the work under `key`, or begins it.
   * @throws what the work throws; the signal's reason when this caller leaves
   */
  async run(key: Key, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    signal?.throwIfAborted();
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const abort = new AbortController();
      const result = work(abort.signal).finally(() => {
        if (this.#flights.get(key) === begun) this.#flights.delete(key);
      });
      const begun = { result, abort, waiting: 0 };
      // Those who wait see the failure; this keeps it from counting as unhandled when all have left.
      result.catch(() => undefined);
      this.#flights.set(key, begun);
      flight = begun;
    }
    const joined = flight;
    joined.waiting += 1;
    const leave = (): void => {
      joined.waiting -= 1;
      if (joined.waiting > 0) return;
      // Still there: it has not ended, and no caller waits for it any more.
      if (this.#flights.get(key) !== joined) return;
      this.#flights.delete(key);
      joined.abort.abort();
    };
    try {
      return await withSignal(signal, joined.result);
    } finally {
      leave();
    }
  }
}
