import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { RevDialError } from '../revdial-error.js';
import { AnswerBody } from './answer-body.js';
import { isStreamFailure, requestErrorOf } from './request-error.js';
import type { RunnerHttpRequest, RunnerHttpResponse } from './runner-http.js';

export interface HttpExchangeEvents {
  /** The request is being written; its body is read from now on. */
  readonly onStarted: () => void;
  readonly onResponse: (response: RunnerHttpResponse) => void;
  /** There will be no response. */
  readonly onFailure: (error: Error) => void;
  /** Once, at the very end: `isWhole`, or with whatever cut it. Only a whole one leaves the stream fit for another. */
  readonly onFinished: (isWhole: boolean) => void;
}

/** One request and its answer on one stream. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly #request: RunnerHttpRequest;
  readonly #events: HttpExchangeEvents;
  #controller: Dispatcher.DispatchController | undefined;
  #body: AnswerBody | undefined;
  #stopReason: RevDialError | undefined;
  #isFinished = false;
  #hasAnswerBegun = false;
  #hasDiedUnanswered = false;

  /** `isReused`: the stream has carried a request before. */
  constructor(
    request: RunnerHttpRequest,
    readonly isReused: boolean,
    events: HttpExchangeEvents,
  ) {
    this.#request = request;
    this.#events = events;
    request.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** The stream ended before a byte of the answer: on a kept stream that may only mean that it had died unnoticed. */
  get hasDiedUnanswered(): boolean {
    return this.#hasDiedUnanswered;
  }

  /** Has a byte of it been written? */
  get wasSent(): boolean {
    return this.#controller !== undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#stopReason !== undefined) controller.abort(this.#stopReason);
    else this.#events.onStarted();
  }

  onResponseStarted(): void {
    this.#hasAnswerBegun = true;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const body = new AnswerBody({
      resume: () => {
        if (controller.paused) controller.resume();
      },
      abandon: () => {
        this.#stop(new RevDialError('DIAL_ABORTED', 'the reader of the answer left'));
      },
    });
    this.#body = body;
    this.#events.onResponse({ status, headers, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) controller.pause();
  }

  onResponseEnd(): void {
    this.#body?.complete();
    this.#finish(true);
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#hasDiedUnanswered = !this.#hasAnswerBegun && this.#stopReason === undefined && isStreamFailure(error);
    this.#fail(
      this.#stopReason ?? requestErrorOf(error, { isReused: this.isReused, hasAnswerBegun: this.#hasAnswerBegun }),
    );
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal?.reason;
    const isOurs = reason instanceof RevDialError;
    this.#stop(isOurs ? reason : new RevDialError('DIAL_ABORTED', 'the caller gave up', { cause: reason }));
  };

  /** Ends it from our side: the stream dies with it. */
  #stop(reason: RevDialError): void {
    if (this.#isFinished || this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    // Not sent yet: it is stopped in the moment in which it would be.
    if (this.#controller === undefined) this.#fail(reason);
    else this.#controller.abort(reason);
  }

  #fail(error: Error): void {
    if (this.#isFinished) return;
    this.#finish(false);
    if (this.#body === undefined) this.#events.onFailure(error);
    else this.#body.destroy(error);
  }

  #finish(isWhole: boolean): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#events.onFinished(isWhole);
  }
}
