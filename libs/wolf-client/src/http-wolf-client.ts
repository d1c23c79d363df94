import type { WolfDial } from './dial/wolf-dial.js';
import { CALL_LIMIT_MS, CREATE_LIMIT_MS, EVENT_SILENCE_LIMIT_MS, PULL_LIMIT_MS, STOP_LIMIT_MS } from './limits.js';
import type {
  CreateLobbyRequest,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  StopLobbyRequest,
  WolfLobby,
} from './model/lobby.js';
import type { WolfApp } from './model/app.js';
import type { WolfEventStream } from './model/event.js';
import type { DockerImage } from './model/image.js';
import type { KeyboardReset, WolfKeyboardState } from './model/keyboard.js';
import type { PairClientRequest, PendingPairing, UnpairOutcome } from './model/pairing.js';
import type { WolfProfile } from './model/profile.js';
import type { PairedClient } from './model/paired-client.js';
import type { WolfSession } from './model/session.js';
import type { WolfHealthReport, WolfMemoryReport } from './model/system-report.js';
import type { WolfLobbyId } from './values/wolf-lobby-id.js';
import type { WolfU64 } from './values/wolf-u64.js';
import { readDocument, readSuccess } from './wire/answer.js';
import { AnsweredSecrets } from './wire/answered-secrets.js';
import { openEventStream } from './wire/event-stream.js';
import { readImage } from './wire/image-answers.js';
import { keyboardAnswer, keyboardResetAnswer } from './wire/keyboard-answers.js';
import { pendingPairingsAnswer } from './wire/pairing-answers.js';
import { pullExchange } from './wire/pull-exchange.js';
import { checkImageName } from './wire/request-checks.js';
import { appsAnswer, clientsAnswer, profilesAnswer } from './wire/catalog-answers.js';
import { doneAnswer, lobbiesAnswer, lobbyCreatedAnswer } from './wire/lobby-answers.js';
import {
  createLobbyBody,
  joinLobbyBody,
  leaveLobbyBody,
  pairClientBody,
  pullImageBody,
  sessionBody,
  stopLobbyBody,
  unpairClientBody,
} from './wire/request-bodies.js';
import { eraOfSchema, schemaDocument } from './wire/schema-era.js';
import { sessionsAnswer } from './wire/session-answers.js';
import { healthAnswer, memoryAnswer } from './wire/system-answers.js';
import type {
  OpenEventsOptions,
  PullImageOptions,
  StopOutcome,
  WolfCallOptions,
  WolfClient,
  WolfEra,
} from './wolf-client.js';
import { API_BASE, WolfCalls } from './wolf-calls.js';
import { isWolfError, WolfError } from './wolf-error.js';

/** The one implementation of `WolfClient`: Wolf's HTTP over any way to dial it. Holds no connection between calls. */
export class HttpWolfClient implements WolfClient {
  readonly #calls: WolfCalls;
  readonly #answered: AnsweredSecrets;

  /** Clients of the same Wolf share what they remember of answered pairings. */
  constructor(dial: WolfDial, answered = new AnsweredSecrets()) {
    this.#calls = new WolfCalls(dial);
    this.#answered = answered;
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
    return unlessGone(stopped, 'WOLF_UNKNOWN_LOBBY', 'stopped');
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
    return unlessGone(stopped, 'WOLF_UNKNOWN_SESSION', 'stopped');
  }

  listApps(options?: WolfCallOptions): Promise<readonly WolfApp[]> {
    return this.#calls.get('/apps', appsAnswer, options);
  }

  listClients(options?: WolfCallOptions): Promise<readonly PairedClient[]> {
    return this.#calls.get('/clients', clientsAnswer, options);
  }

  listProfiles(options?: WolfCallOptions): Promise<readonly WolfProfile[]> {
    return this.#calls.get('/profiles', profilesAnswer, options);
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

  unpairClient(clientId: WolfU64, options?: WolfCallOptions): Promise<UnpairOutcome> {
    const unpaired = this.#calls.post(
      '/unpair/client',
      () => unpairClientBody(clientId),
      doneAnswer,
      CALL_LIMIT_MS,
      options,
    );
    return unlessGone(unpaired, 'WOLF_UNKNOWN_CLIENT', 'unpaired');
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

  inspectImage(imageName: string, options: WolfCallOptions = {}): Promise<DockerImage | undefined> {
    const call = 'GET /docker/images/inspect';
    return this.#calls.within(call, CALL_LIMIT_MS, options, (signal) =>
      this.#calls.readTwice(`/docker/images/inspect?image_name=${checkImageName(imageName)}`, signal, (answer) =>
        readImage(call, answer),
      ),
    );
  }

  pullImage(imageName: string, options: PullImageOptions = {}): Promise<void> {
    return this.#calls.within('POST /docker/images/pull', PULL_LIMIT_MS, options, async (signal) => {
      const body = pullImageBody(imageName);
      const report = options.onProgress ?? (() => undefined);
      await pullExchange(await this.#calls.connect(signal), `${API_BASE}/docker/images/pull`, body, signal, report);
    });
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

  async detectEra(options: WolfCallOptions = {}): Promise<WolfEra | undefined> {
    const call = 'GET /openapi-schema';
    try {
      return await this.#calls.within(call, CALL_LIMIT_MS, options, async (signal) =>
        eraOfSchema(
          await this.#calls.readTwice('/openapi-schema', signal, (answer) =>
            readDocument(call, answer, schemaDocument),
          ),
        ),
      );
    } catch (error) {
      // The schema is the longest answer, and long ones can arrive damaged (wolf-api §1.6).
      if (isWolfError(error, 'WOLF_INVALID_ANSWER') || isWolfError(error, 'WOLF_NOT_FOUND')) return undefined;
      throw error;
    }
  }
}

async function unlessGone<Done extends string>(
  finished: Promise<void>,
  goneCode: 'WOLF_UNKNOWN_LOBBY' | 'WOLF_UNKNOWN_SESSION' | 'WOLF_UNKNOWN_CLIENT',
  done: Done,
): Promise<Done | 'already-gone'> {
  try {
    await finished;
    return done;
  } catch (error) {
    if (isWolfError(error, goneCode)) return 'already-gone';
    throw error;
  }
}
