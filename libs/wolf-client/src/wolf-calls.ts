import type { Duplex } from 'node:stream';
import { onAbort, withDeadline, withSignal } from '@helix/pacing';
import type { z } from 'zod';
import { CALL_LIMIT_MS, MAX_CALL_LIMIT_MS } from './limits.js';
import { readSuccess } from './wire/answer.js';
import { type HttpAnswer, exchange } from './wire/http-exchange.js';
import type { WolfCallOptions } from './wolf-client.js';
import type { WolfDial } from './wolf-dial.js';
import { WolfError, isWolfError } from './wolf-error.js';

export const API_BASE = '/api/v1';

/** How every call is made: within its limit, over a connection of its own, a read twice if need be. */
export class WolfCalls {
  readonly #dial: WolfDial;

  constructor(dial: WolfDial) {
    this.#dial = dial;
  }

  get<T>(path: string, shape: z.ZodType<T>, options: WolfCallOptions = {}): Promise<T> {
    const call = `GET ${path}`;
    return this.within(call, CALL_LIMIT_MS, options, (signal) =>
      this.readTwice(path, signal, (answer) => readSuccess(call, answer, shape)),
    );
  }

  post<T>(
    path: string,
    body: () => string,
    shape: z.ZodType<T>,
    limitMs: number,
    options: WolfCallOptions = {},
  ): Promise<T> {
    const call = `POST ${path}`;
    // The body is made inside, so that a request that is not sent rejects like any other failure.
    return this.within(call, limitMs, options, async (signal) =>
      readSuccess(call, await this.askOnce('POST', path, body(), signal), shape),
    );
  }

  within<T>(
    call: string,
    limitMs: number,
    options: WolfCallOptions,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withinLimit(call, options.timeoutMs ?? limitMs, options.signal, run);
  }

  /** Once more after an answer that did not come, or came damaged, as long ones may (wolf-api §1.6). */
  async readTwice<T>(path: string, signal: AbortSignal, read: (answer: HttpAnswer) => T): Promise<T> {
    try {
      return read(await this.askOnce('GET', path, undefined, signal));
    } catch (error) {
      if (signal.aborted || !isWolfError(error) || !error.retryable) throw error;
    }
    return read(await this.askOnce('GET', path, undefined, signal));
  }

  async askOnce(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const connection = await this.connect(signal);
    const question = { method, path: `${API_BASE}${path}`, ...(body !== undefined && { body }) };
    try {
      return await exchange(connection, question, signal);
    } catch (error) {
      if (method === 'GET' && isWolfError(error, 'WOLF_EMPTY_ANSWER')) {
        throw new WolfError(error.code, error.message, { cause: error.cause, retryable: true });
      }
      throw error;
    }
  }

  async connect(signal: AbortSignal): Promise<Duplex> {
    let connection: Duplex;
    try {
      connection = await this.#dial(signal);
    } catch (cause) {
      throw new WolfError('WOLF_UNREACHABLE', 'no connection to Wolf', { cause });
    }
    if (signal.aborted) {
      // The dial finished too late: its caller was rejected when the signal aborted.
      connection.on('error', () => undefined);
      connection.destroy();
      signal.throwIfAborted();
    }
    return connection;
  }
}

/**
 * Runs a call under its limit and its caller's signal. Rejects the moment either ends, whatever the call makes of the
 * signal it is given.
 * @throws WolfError WOLF_TIMEOUT, WOLF_ABORTED, and what the call throws
 */
async function withinLimit<T>(
  call: string,
  limitMs: number,
  callerSignal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (!(limitMs > 0 && limitMs <= MAX_CALL_LIMIT_MS)) {
    throw new WolfError(
      'WOLF_INVALID_REQUEST',
      `timeoutMs must be above 0 and at most ${MAX_CALL_LIMIT_MS.toString()}`,
    );
  }
  const aborted = (): WolfError =>
    new WolfError('WOLF_ABORTED', `${call} was cancelled by its caller`, { cause: callerSignal?.reason });
  const late = (): WolfError =>
    new WolfError('WOLF_TIMEOUT', `Wolf did not finish ${call} within ${limitMs.toString()} ms`);
  if (callerSignal?.aborted === true) throw aborted();
  return withDeadline(limitMs, callerSignal, late, (signal) => {
    const own = new AbortController();
    return withSignal(own.signal, run(own.signal)).finally(
      onAbort(signal, (reason) => {
        own.abort(reason instanceof WolfError ? reason : aborted());
      }),
    );
  });
}
