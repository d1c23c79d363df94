import { QUEUE_MAX_COUNT } from './wolf-limits.js';

/**
 * Wolf's one API thread: a job runs to its end before the next begins, keep-alives included (wolf-api §1.5). Jobs must
 * not reject.
 */
export class RequestQueue {
  #last: Promise<void> = Promise.resolve();
  #count = 0;
  #closed = false;

  /** Resolves when the job is done, or at once when the thread is no more and the job is dropped. */
  run(job: () => Promise<void>): Promise<void> {
    if (this.#closed || this.#count >= QUEUE_MAX_COUNT) return Promise.resolve();
    this.#count += 1;
    const done = this.#last.then(async () => {
      if (!this.#closed) await job();
      this.#count -= 1;
    });
    this.#last = done;
    return done;
  }

  /** Drops what waits. */
  close(): void {
    this.#closed = true;
  }
}
