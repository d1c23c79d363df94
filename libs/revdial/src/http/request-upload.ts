import type { Readable } from 'node:stream';
import { RevDialError } from '../revdial-error.js';

/**
 * The caller's side of a request's body that is a stream: notices when it breaks or stops coming, which is nothing that the far
 * service could be blamed for.
 */
export class RequestUpload {
  readonly #body: Readable;
  readonly #silenceLimitMs: number;
  readonly #failed = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** `silenceLimitMs` of 0: no silence is too long. */
  constructor(body: Readable, silenceLimitMs: number) {
    this.#body = body;
    this.#silenceLimitMs = silenceLimitMs;
    // Stays for good: what destroys the body, before the request was written or after its answer, is no uncaught error.
    body.on('error', this.#onError);
    if (body.errored !== null) this.#onError(body.errored);
    else if (body.destroyed) this.#fail(new RevDialError('DIAL_ABORTED', 'the body of the request was destroyed'));
  }

  /** Aborted with a RevDialError: DIAL_ABORTED when the body breaks, REQUEST_BODY_STALLED when it stops coming. */
  get signal(): AbortSignal {
    return this.#failed.signal;
  }

  /** The request is being written, and something else is about to read the body. */
  begin(): void {
    if (this.#body.readableEnded || this.signal.aborted) return;
    if (this.#silenceLimitMs > 0) this.#timer = setTimeout(this.#onSilence, this.#silenceLimitMs);
    this.#body.on('data', this.#onProgress);
    this.#body.on('resume', this.#onProgress);
    this.#body.once('end', this.#stopWatching);
  }

  /** The body is not needed any more. Idempotent. */
  end(): void {
    this.#stopWatching();
    if (!this.#body.readableEnded) this.#body.destroy();
  }

  readonly #onProgress = (): void => {
    this.#timer?.refresh();
  };

  readonly #onSilence = (): void => {
    // Held back by the far service, which has a deadline of its own.
    if (this.#body.isPaused()) this.#timer?.refresh();
    else this.#fail(new RevDialError('REQUEST_BODY_STALLED', 'the body of the request stopped coming'));
  };

  readonly #onError = (cause: Error): void => {
    this.#fail(new RevDialError('DIAL_ABORTED', 'the body of the request failed', { cause }));
  };

  readonly #stopWatching = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#body.off('data', this.#onProgress);
    this.#body.off('resume', this.#onProgress);
    this.#body.off('end', this.#stopWatching);
  };

  #fail(error: RevDialError): void {
    this.#stopWatching();
    this.#failed.abort(error);
  }
}
