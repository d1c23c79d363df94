import { RUNNER_WAITING_DIALS_MAX_COUNT } from '../limits.js';
import { RevDialError } from '../revdial-error.js';

type Settle = (failure?: RevDialError) => void;

/** The dials of one link that wait for its connection to be resumed, as others wait in a runner's grace period. */
export class CarrierWait {
  readonly #waiting = new Set<Settle>();

  get count(): number {
    return this.#waiting.size;
  }

  /** @throws RevDialError RUNNER_NOT_CONNECTED after `limitMs`, DIAL_QUEUE_FULL, DIAL_ABORTED, and what `fail` is given */
  wait(limitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    if (this.#waiting.size >= RUNNER_WAITING_DIALS_MAX_COUNT)
      return Promise.reject(new RevDialError('DIAL_QUEUE_FULL', 'too many dials wait for this link to be resumed'));
    return new Promise((resolve, reject) => {
      const settle: Settle = (failure) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiting.delete(settle);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const onAbort = (): void => {
        settle(aborted(signal));
      };
      const timer = setTimeout(() => {
        settle(new RevDialError('RUNNER_NOT_CONNECTED', 'the link was not resumed in time'));
      }, limitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(settle);
    });
  }

  /** In order. */
  release(): void {
    for (const settle of [...this.#waiting]) settle();
  }

  fail(error: RevDialError): void {
    for (const settle of [...this.#waiting]) settle(error);
  }
}

function aborted(signal: AbortSignal | undefined): RevDialError {
  return new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: signal?.reason });
}
