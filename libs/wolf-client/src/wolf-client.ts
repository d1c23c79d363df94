import type {
  KeyboardReset,
  PairClientRequest,
  PendingPairing,
  WolfApp,
  WolfKeyboardState,
  WolfSession,
} from './model/streaming.js';
import type {
  CreateLobbyRequest,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  StopLobbyRequest,
  WolfLobby,
} from './model/lobby.js';
import type { WolfEventStream } from './model/event.js';
import type { WolfHealthReport, WolfMemoryReport } from './model/system-report.js';
import type { WolfLobbyId, WolfU64 } from './model/ids.js';

/**
 * One Wolf, wherever it runs. Every call rejects with a WolfError: WOLF_UNREACHABLE, WOLF_TIMEOUT, WOLF_ABORTED,
 * WOLF_INVALID_ANSWER, WOLF_EMPTY_ANSWER, WOLF_REFUSED, WOLF_NOT_FOUND, and besides with what it names itself. Calls that
 * only read are sent a second time when the connection failed before the first byte of the answer.
 */
export interface WolfClient {
  /** Oldest first. */
  listLobbies(options?: WolfCallOptions): Promise<readonly WolfLobby[]>;
  /**
   * Resolves when the lobby's compositor is ready; its container starts after that, or does not (wolf-api §4.2). After any
   * failure but WOLF_INVALID_REQUEST and WOLF_UNREACHABLE the lobby may exist: look for it before another try.
   * @throws WolfError also WOLF_CREATE_TIMED_OUT, WOLF_INVALID_REQUEST
   */
  createLobby(request: CreateLobbyRequest, options?: WolfCallOptions): Promise<WolfLobbyId>;
  /**
   * Joining again is a success.
   * @throws WolfError also WOLF_UNKNOWN_LOBBY, WOLF_WRONG_PIN, WOLF_UNKNOWN_SESSION, WOLF_IN_OTHER_LOBBY, WOLF_LOBBY_FULL,
   * WOLF_JOIN_TIMED_OUT, WOLF_INVALID_REQUEST
   */
  joinLobby(request: JoinLobbyRequest, options?: WolfCallOptions): Promise<void>;
  /** Resolves also for a lobby or session that does not exist. @throws WolfError also WOLF_INVALID_REQUEST */
  leaveLobby(request: LeaveLobbyRequest, options?: WolfCallOptions): Promise<void>;
  /**
   * Sessions that watch it leave and live on. A lobby that does not exist is `already-gone`.
   * @throws WolfError also WOLF_WRONG_PIN, WOLF_INVALID_REQUEST
   */
  stopLobby(request: StopLobbyRequest, options?: WolfCallOptions): Promise<StopOutcome>;
  listSessions(options?: WolfCallOptions): Promise<readonly WolfSession[]>;
  /** A session that does not exist is `already-gone`. @throws WolfError also WOLF_INVALID_REQUEST */
  stopSession(sessionId: WolfU64, options?: WolfCallOptions): Promise<StopOutcome>;
  listApps(options?: WolfCallOptions): Promise<readonly WolfApp[]>;
  /** Wolf lists a request also after it was answered; those answered by this client are left out. */
  listPendingPairings(options?: WolfCallOptions): Promise<readonly PendingPairing[]>;
  /**
   * Hands the PIN over; whether it was the right one shows on the client's side alone. A secret is answered once, even
   * when that answer was lost, since a second one harms Wolf.
   * @throws WolfError also WOLF_UNKNOWN_PAIRING, WOLF_PAIRING_ANSWERED, WOLF_INVALID_REQUEST
   */
  pairClient(request: PairClientRequest, options?: WolfCallOptions): Promise<void>;
  /** Of every session; Wolf has no filter. */
  keyboardState(options?: WolfCallOptions): Promise<readonly WolfKeyboardState[]>;
  /** Releases every key of the session; of one that does not exist, none. @throws WolfError also WOLF_INVALID_REQUEST */
  resetKeyboard(sessionId: WolfU64, options?: WolfCallOptions): Promise<KeyboardReset>;
  /**
   * Resolves when Wolf has begun to tell: what happens from then on is in the stream, what happened before must be listed.
   * `signal` ends the stream, `timeoutMs` is the limit of its opening alone.
   */
  openEvents(options?: OpenEventsOptions): Promise<WolfEventStream>;
  /** Not sent a second time on an empty answer: a GPU that Wolf cannot read makes it choke each time (wolf-api §3.7). */
  memoryReport(options?: WolfCallOptions): Promise<WolfMemoryReport>;
  healthReport(options?: WolfCallOptions): Promise<WolfHealthReport>;
}

export interface WolfCallOptions {
  readonly signal?: AbortSignal;
  /** Limit of the whole call instead of the endpoint's own (`limits.ts`). */
  readonly timeoutMs?: number;
}

export interface OpenEventsOptions extends WolfCallOptions {
  /** Silence, keep-alives included, after which the stream is given up, instead of the 45 s that suit Wolf. */
  readonly silenceLimitMs?: number;
}

export type StopOutcome = 'stopped' | 'already-gone';
