import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { withinLimit } from './call-limit.js';
import type { WolfDial } from './dial/wolf-dial.js';
import { CALL_LIMIT_MS } from './limits.js';
import { readSuccess } from './wire/answer.js';
import { exchange, type HttpAnswer } from './wire/http-exchange.js';
import type { WolfCallOptions } from './wolf-client.js';
import { isWolfError, WolfError } from './wolf-error.js';

export const API_BASE = '/api/v1';

/** How each call is made, whatever it asks: within its limit, over a connection of its own, a read twice if need be. */
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
      // A dial that came too late belongs to nobody: its caller has been told already.
      connection.on('error', () => undefined);
      connection.destroy();
      signal.throwIfAborted();
    }
    return connection;
  }
}
