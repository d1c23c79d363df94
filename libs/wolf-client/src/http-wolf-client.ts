import {
  CALL_LIMIT_MS,
  CREATE_LIMIT_MS,
  EVENT_SILENCE_LIMIT_MS,
  MAX_ANSWERED_SECRET_COUNT,
  STOP_LIMIT_MS,
} from './limits.js';
import type { WolfEventStream } from './model/event.js';
import type { WolfLobbyId, WolfU64 } from './model/ids.js';
import type {
  CreateLobbyRequest,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  StopLobbyRequest,
  WolfLobby,
} from './model/lobby.js';
import type {
  KeyboardReset,
  PairClientRequest,
  PendingPairing,
  WolfApp,
  WolfKeyboardState,
  WolfSession,
} from './model/streaming.js';
import type { WolfHealthReport, WolfMemoryReport } from './model/system-report.js';
import { readSuccess } from './wire/answer.js';
import { openEventStream } from './wire/event-stream.js';
import { doneAnswer, lobbiesAnswer, lobbyCreatedAnswer } from './wire/lobby-answers.js';
import {
  createLobbyBody,
  joinLobbyBody,
  leaveLobbyBody,
  pairClientBody,
  sessionBody,
  stopLobbyBody,
} from './wire/request-bodies.js';
import {
  appsAnswer,
  keyboardAnswer,
  keyboardResetAnswer,
  pendingPairingsAnswer,
  sessionsAnswer,
} from './wire/streaming-answers.js';
import { healthAnswer, memoryAnswer } from './wire/system-answers.js';
import { API_BASE, WolfCalls } from './wolf-calls.js';
import type { OpenEventsOptions, StopOutcome, WolfCallOptions, WolfClient } from './wolf-client.js';
import type { WolfDial } from './wolf-dial.js';
import { WolfError, isWolfError } from './wolf-error.js';

/** The one implementation of `WolfClient`: Wolf's HTTP over any way to dial it. Holds no connection between calls. */
export class HttpWolfClient implements WolfClient {
  readonly #calls: WolfCalls;
  readonly #answered = new AnsweredSecrets();

  constructor(dial: WolfDial) {
    this.#calls = new WolfCalls(dial);
  }

  listLobbies(options?: WolfCallOptions): Promise<readonly WolfLobby[]> {
    return this.#calls.get('/lobbies', lobbiesAnswer, options);
  }

  createLobby(request: CreateLobbyRequest, options?: WolfCallOptions): Promise<WolfLobbyId> {
    return this.#calls.post(
      '/lobbies/create',
      () => createLobbyBody(request),
      lobbyCreatedAnswer,
      CREATE_LIMIT_MS,
      options,
    );
  }

  joinLobby(request: JoinLobbyRequest, options?: WolfCallOptions): Promise<void> {
    return this.#calls.post('/lobbies/join', () => joinLobbyBody(request), doneAnswer, CALL_LIMIT_MS, options);
  }

  leaveLobby(request: LeaveLobbyRequest, options?: WolfCallOptions): Promise<void> {
    return this.#calls.post('/lobbies/leave', () => leaveLobbyBody(request), doneAnswer, CALL_LIMIT_MS, options);
  }

  stopLobby(request: StopLobbyRequest, options?: WolfCallOptions): Promise<StopOutcome> {
    const stopped = this.#calls.post('/lobbies/stop', () => stopLobbyBody(request), doneAnswer, STOP_LIMIT_MS, options);
    return unlessGone(stopped, 'WOLF_UNKNOWN_LOBBY');
  }

  listSessions(options?: WolfCallOptions): Promise<readonly WolfSession[]> {
    return this.#calls.get('/sessions', sessionsAnswer, options);
  }

  stopSession(sessionId: WolfU64, options?: WolfCallOptions): Promise<StopOutcome> {
    const stopped = this.#calls.post(
      '/sessions/stop',
      () => sessionBody(sessionId),
      doneAnswer,
      STOP_LIMIT_MS,
      options,
    );
    return unlessGone(stopped, 'WOLF_UNKNOWN_SESSION');
  }

  listApps(options?: WolfCallOptions): Promise<readonly WolfApp[]> {
    return this.#calls.get('/apps', appsAnswer, options);
  }

  async listPendingPairings(options?: WolfCallOptions): Promise<readonly PendingPairing[]> {
    const pending = await this.#calls.get('/pair/pending', pendingPairingsAnswer, options);
    return pending.filter(({ pairSecret }) => !this.#answered.has(pairSecret));
  }

  async pairClient(request: PairClientRequest, options?: WolfCallOptions): Promise<void> {
    // Claimed when it is about to be sent, so that a caller who left before has used nothing up.
    const body = (): string => {
      const text = pairClientBody(request);
      if (this.#answered.claim(request.pairSecret)) return text;
      throw new WolfError('WOLF_PAIRING_ANSWERED', 'this pairing was answered; the client must ask for another');
    };
    try {
      await this.#calls.post('/pair/client', body, doneAnswer, CALL_LIMIT_MS, options);
    } catch (error) {
      if (isWolfError(error, 'WOLF_UNREACHABLE')) this.#answered.giveBack(request.pairSecret);
      throw error;
    }
  }

  keyboardState(options?: WolfCallOptions): Promise<readonly WolfKeyboardState[]> {
    return this.#calls.get('/keyboard/state', keyboardAnswer, options);
  }

  resetKeyboard(sessionId: WolfU64, options?: WolfCallOptions): Promise<KeyboardReset> {
    return this.#calls.post(
      '/keyboard/reset',
      () => sessionBody(sessionId),
      keyboardResetAnswer,
      CALL_LIMIT_MS,
      options,
    );
  }

  openEvents(options: OpenEventsOptions = {}): Promise<WolfEventStream> {
    return this.#calls.within('GET /events', CALL_LIMIT_MS, options, async (opening) =>
      openEventStream(await this.#calls.connect(opening), `${API_BASE}/events`, opening, {
        signal: options.signal,
        silenceLimitMs: options.silenceLimitMs ?? EVENT_SILENCE_LIMIT_MS,
      }),
    );
  }

  memoryReport(options: WolfCallOptions = {}): Promise<WolfMemoryReport> {
    return this.#calls.within('GET /system/memory', CALL_LIMIT_MS, options, async (signal) =>
      readSuccess(
        'GET /system/memory',
        await this.#calls.askOnce('GET', '/system/memory', undefined, signal),
        memoryAnswer,
      ),
    );
  }

  healthReport(options?: WolfCallOptions): Promise<WolfHealthReport> {
    return this.#calls.get('/system/health', healthAnswer, options);
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

/**
 * Secrets of pairing requests that were answered at one Wolf. It keeps an answered request in its list, and a second answer
 * ends its API thread (wolf-api §3.6), so who answers must remember. The oldest are forgotten.
 */
class AnsweredSecrets {
  readonly #secrets = new Set<string>();

  has(secret: string): boolean {
    return this.#secrets.has(secret);
  }

  /** False when the secret was claimed before. */
  claim(secret: string): boolean {
    if (this.#secrets.has(secret)) return false;
    this.#secrets.add(secret);
    for (const oldest of this.#secrets) {
      if (this.#secrets.size <= MAX_ANSWERED_SECRET_COUNT) break;
      this.#secrets.delete(oldest);
    }
    return true;
  }

  /** The answer is known not to have been sent. */
  giveBack(secret: string): void {
    this.#secrets.delete(secret);
  }
}
