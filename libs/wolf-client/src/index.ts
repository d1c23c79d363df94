/**
 * A client of Wolf, the streaming server on each GPU host.
 *
 * Problem: Wolf answers HTTP of its own kind on a Unix socket (one request for each connection, 500 for every refusal,
 * ids beyond 2^53, silence where an error was due), often on a host behind NAT; and one malformed request can
 * take the whole host down.
 *
 * Idea: one implementation which asks for a byte stream, so that near and far differ only in who makes it. Nothing
 * leaves before it was checked, nothing comes in before it was parsed, and each failure has a code.
 *
 *     WolfClientFactory.for(id) ──▶ HttpWolfClient ──▶ WolfDial ─┬─ localSocketDial ──▶ wolf.sock
 *                                    │        ▲                  └─ revDialDial ─▶ RunnerDialer ─▶ wolf-<id>
 *                             checked body   parsed answer,
 *                                             or WolfError
 */
export { WOLF_ERROR_CODES, WolfError, isWolfError } from './wolf-error.js';
export type { WolfErrorCode, WolfErrorOptions } from './wolf-error.js';
export type { OpenEventsOptions, StopOutcome, WolfCallOptions, WolfClient } from './wolf-client.js';
export { HttpWolfClient } from './http-wolf-client.js';
export { WolfClientFactory } from './wolf-client-factory.js';
export type { WolfClientFactoryOptions } from './wolf-client-factory.js';
export type { WolfDial } from './wolf-dial.js';
export { localSocketDial, revDialDial } from './wolf-dial.js';
export { parseWolfU64, wolfU64FromText, parseWolfLobbyId, wolfLobbyIdFromText } from './model/ids.js';
export type { WolfU64, WolfLobbyId } from './model/ids.js';
export { lobbyPinFromText, lobbyPinToText, randomLobbyPin } from './model/lobby.js';
export type {
  LobbyPin,
  CreateLobbyRequest,
  JoinLobbyRequest,
  LeaveLobbyRequest,
  LobbyClientSettings,
  LobbyVideo,
  StopLobbyRequest,
  WolfLobby,
  DockerRunner,
  ListedRunner,
  ProcessRunner,
} from './model/lobby.js';
export type {
  WolfSession,
  WolfApp,
  PairClientRequest,
  PendingPairing,
  KeyboardLayer,
  KeyboardReset,
  WolfKeyboardState,
} from './model/streaming.js';
export type { WolfEvent, WolfEventStream } from './model/event.js';
export { WolfWatch } from './watch/wolf-watch.js';
export type { WolfWatchOptions, WolfLogger, WolfSnapshot, WolfWatchEvent, WolfWatchState } from './watch/wolf-watch.js';
export { WolfWatches } from './watch/wolf-watches.js';
export type { HeldWatch } from './watch/wolf-watches.js';
export type { WolfGpuStats, WolfHealthReport, WolfMemoryReport, WolfThread } from './model/system-report.js';
