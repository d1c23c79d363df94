import type { IncomingHttpHeaders } from 'node:http';
import { onAbort } from '@helix/pacing';
import type { Dispatcher } from 'undici';
import { abortErrorOf, RevDialError } from '../revdial-error.js';
import { AnswerBody } from './answer-body.js';
import { isStreamFailure, requestErrorOf } from './request-error.js';
import type { RunnerHttpRequest, RunnerHttpResponse } from './runner-http.js';

export interface HttpExchangeEvents {
  /** The request is being written; its body is read from now on. */
  readonly onStarted: () => void;
  readonly onResponse: (response: RunnerHttpResponse) => void;
  /** There will be no response. */
  readonly onFailure: (error: Error) => void;
  /** Once, at the very end: `isWhole`, or with what cut it. Only a whole one leaves the stream fit for another. */
  readonly onFinished: (isWhole: boolean) => void;
}

/** The stream that carries it. */
export interface ExchangeStream {
  /** Has it carried a request before? */
  readonly isReused: boolean;
  /** Hands out no more of the answer, until `release`. */
  hold(): void;
  release(): void;
  /** The exchange is over, whichever way. */
  settle(): void;
}

/** One request and its answer on one stream. */
export class HttpExchange implements Dispatcher.DispatchHandler {
  readonly isReused: boolean;
  readonly #stopListening: () => void;
  readonly #stream: ExchangeStream;
  readonly #silenceLimitMs: number;
  readonly #events: HttpExchangeEvents;
  #silenceTimer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #body: AnswerBody | undefined;
  #stopReason: RevDialError | undefined;
  #isHeld = false;
  #isFinished = false;
  #hasAnswerBegun = false;
  #hasDiedUnanswered = false;

  /** `silenceLimitMs` between two pieces of the answer that are wanted; 0: none is too long. */
  constructor(request: RunnerHttpRequest, stream: ExchangeStream, silenceLimitMs: number, events: HttpExchangeEvents) {
    this.#stream = stream;
    this.isReused = stream.isReused;
    this.#silenceLimitMs = silenceLimitMs;
    this.#events = events;
    this.#stopListening = onAbort(request.signal, (reason) => {
      this.#stop(abortErrorOf(reason));
    });
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

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    const body = new AnswerBody({
      resume: () => {
        if (this.#isFinished) return;
        this.#isHeld = false;
        this.#watchSilence();
        this.#stream.release();
      },
      abandon: () => {
        this.#stop(new RevDialError('DIAL_ABORTED', 'the reader of the answer left'));
      },
    });
    this.#body = body;
    // Most answers are over with the bytes that begin them, and need no clock.
    if (this.#silenceLimitMs > 0) queueMicrotask(this.#watchSilence);
    this.#events.onResponse({ status, headers, body });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === false) {
      clearTimeout(this.#silenceTimer);
      this.#silenceTimer = undefined;
      this.#isHeld = true;
      this.#stream.hold();
    } else {
      this.#silenceTimer?.refresh();
    }
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

  /** The stream has ended, and nothing has told of it. */
  breakOff(): void {
    this.#fail(this.#stopReason ?? new RevDialError('UPSTREAM_INVALID', 'the answer broke the HTTP client'));
  }

  /** undici's own clock would count the time in which the reader is full, since it is not told of that. */
  readonly #watchSilence = (): void => {
    if (this.#isFinished || this.#isHeld || this.#silenceTimer !== undefined || this.#silenceLimitMs === 0) return;
    this.#silenceTimer = setTimeout(() => {
      this.#stop(new RevDialError('UPSTREAM_TIMEOUT', 'the far service stopped in the middle of its answer'));
    }, this.#silenceLimitMs);
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
    clearTimeout(this.#silenceTimer);
    this.#stream.settle();
    this.#stopListening();
    this.#events.onFinished(isWhole);
  }
}
