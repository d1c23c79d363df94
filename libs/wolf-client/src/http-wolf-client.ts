import type { Duplex } from 'node:stream';
import type { z } from 'zod';
import { withinLimit } from './call-limit.js';
import type { WolfDial } from './dial/wolf-dial.js';
import { CALL_LIMIT_MS, CREATE_LIMIT_MS, STOP_LIMIT_MS } from './limits.js';
import type {
  CreateLobbyRequest,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  StopLobbyRequest,
  WolfLobby,
} from './model/lobby.js';
import type { WolfApp } from './model/app.js';
import type { PairedClient } from './model/paired-client.js';
import type { WolfSession } from './model/session.js';
import type { WolfHealthReport, WolfMemoryReport } from './model/system-report.js';
import type { WolfLobbyId } from './values/wolf-lobby-id.js';
import type { WolfU64 } from './values/wolf-u64.js';
import { readDocument, readSuccess } from './wire/answer.js';
import { appsAnswer, clientsAnswer } from './wire/catalog-answers.js';
import { exchange, type HttpAnswer } from './wire/http-exchange.js';
import { doneAnswer, lobbiesAnswer, lobbyCreatedAnswer } from './wire/lobby-answers.js';
import {
  createLobbyBody,
  joinLobbyBody,
  leaveLobbyBody,
  stopLobbyBody,
  stopSessionBody,
} from './wire/request-bodies.js';
import { eraOfSchema, schemaDocument } from './wire/schema-era.js';
import { sessionsAnswer } from './wire/session-answers.js';
import { healthAnswer, memoryAnswer } from './wire/system-answers.js';
import type { StopOutcome, WolfCallOptions, WolfClient, WolfEra } from './wolf-client.js';
import { isWolfError, WolfError } from './wolf-error.js';

const API = '/api/v1';

/** The one implementation of `WolfClient`: Wolf's HTTP over any way to dial it. Holds no connection between calls. */
export class HttpWolfClient implements WolfClient {
  readonly #dial: WolfDial;

  constructor(dial: WolfDial) {
    this.#dial = dial;
  }

  listLobbies(options?: WolfCallOptions): Promise<readonly WolfLobby[]> {
    return this.#get('/lobbies', lobbiesAnswer, options);
  }

  createLobby(request: CreateLobbyRequest, options?: WolfCallOptions): Promise<WolfLobbyId> {
    return this.#post('/lobbies/create', () => createLobbyBody(request), lobbyCreatedAnswer, CREATE_LIMIT_MS, options);
  }

  joinLobby(request: JoinLobbyRequest, options?: WolfCallOptions): Promise<void> {
    return this.#post('/lobbies/join', () => joinLobbyBody(request), doneAnswer, CALL_LIMIT_MS, options);
  }

  leaveLobby(request: LeaveLobbyRequest, options?: WolfCallOptions): Promise<void> {
    return this.#post('/lobbies/leave', () => leaveLobbyBody(request), doneAnswer, CALL_LIMIT_MS, options);
  }

  stopLobby(request: StopLobbyRequest, options?: WolfCallOptions): Promise<StopOutcome> {
    const stopped = this.#post('/lobbies/stop', () => stopLobbyBody(request), doneAnswer, STOP_LIMIT_MS, options);
    return unlessGone(stopped, 'WOLF_UNKNOWN_LOBBY');
  }

  listSessions(options?: WolfCallOptions): Promise<readonly WolfSession[]> {
    return this.#get('/sessions', sessionsAnswer, options);
  }

  stopSession(sessionId: WolfU64, options?: WolfCallOptions): Promise<StopOutcome> {
    const stopped = this.#post('/sessions/stop', () => stopSessionBody(sessionId), doneAnswer, STOP_LIMIT_MS, options);
    return unlessGone(stopped, 'WOLF_UNKNOWN_SESSION');
  }

  listApps(options?: WolfCallOptions): Promise<readonly WolfApp[]> {
    return this.#get('/apps', appsAnswer, options);
  }

  listClients(options?: WolfCallOptions): Promise<readonly PairedClient[]> {
    return this.#get('/clients', clientsAnswer, options);
  }

  memoryReport(options: WolfCallOptions = {}): Promise<WolfMemoryReport> {
    return this.#within('GET /system/memory', CALL_LIMIT_MS, options, async (signal) =>
      readSuccess('GET /system/memory', await this.#askOnce('GET', '/system/memory', undefined, signal), memoryAnswer),
    );
  }

  healthReport(options?: WolfCallOptions): Promise<WolfHealthReport> {
    return this.#get('/system/health', healthAnswer, options);
  }

  async detectEra(options: WolfCallOptions = {}): Promise<WolfEra | undefined> {
    const call = 'GET /openapi-schema';
    try {
      return await this.#within(call, CALL_LIMIT_MS, options, async (signal) =>
        eraOfSchema(
          await this.#readTwice('/openapi-schema', signal, (answer) => readDocument(call, answer, schemaDocument)),
        ),
      );
    } catch (error) {
      // The schema is the longest answer, and long ones can arrive damaged (wolf-api §1.6).
      if (isWolfError(error, 'WOLF_INVALID_ANSWER') || isWolfError(error, 'WOLF_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #get<T>(path: string, shape: z.ZodType<T>, options: WolfCallOptions = {}): Promise<T> {
    const call = `GET ${path}`;
    return this.#within(call, CALL_LIMIT_MS, options, (signal) =>
      this.#readTwice(path, signal, (answer) => readSuccess(call, answer, shape)),
    );
  }

  #post<T>(
    path: string,
    body: () => string,
    shape: z.ZodType<T>,
    limitMs: number,
    options: WolfCallOptions = {},
  ): Promise<T> {
    const call = `POST ${path}`;
    // The body is made inside, so that a request that is not sent rejects like any other failure.
    return this.#within(call, limitMs, options, async (signal) =>
      readSuccess(call, await this.#askOnce('POST', path, body(), signal), shape),
    );
  }

  #within<T>(
    call: string,
    limitMs: number,
    options: WolfCallOptions,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withinLimit(call, options.timeoutMs ?? limitMs, options.signal, run);
  }

  /** Once more after an answer that did not come, or came damaged, as long ones may (wolf-api §1.6). */
  async #readTwice<T>(path: string, signal: AbortSignal, read: (answer: HttpAnswer) => T): Promise<T> {
    try {
      return read(await this.#askOnce('GET', path, undefined, signal));
    } catch (error) {
      if (signal.aborted || !isWolfError(error) || !error.retryable) throw error;
    }
    return read(await this.#askOnce('GET', path, undefined, signal));
  }

  async #askOnce(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const connection = await this.#connect(signal);
    const question = { method, path: `${API}${path}`, ...(body !== undefined && { body }) };
    try {
      return await exchange(connection, question, signal);
    } catch (error) {
      if (method === 'GET' && isWolfError(error, 'WOLF_EMPTY_ANSWER')) {
        throw new WolfError(error.code, error.message, { cause: error.cause, retryable: true });
      }
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<Duplex> {
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

async function unlessGone(
  stopped: Promise<void>,
  goneCode: 'WOLF_UNKNOWN_LOBBY' | 'WOLF_UNKNOWN_SESSION',
): Promise<StopOutcome> {
  try {
    await stopped;
    return 'stopped';
  } catch (error) {
    if (isWolfError(error, goneCode)) return 'already-gone';
    throw error;
  }
}
