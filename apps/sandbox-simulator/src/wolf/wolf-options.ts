import type { WolfAppEntry } from './app-catalog.js';
import type { LobbyRunner } from './lobby-runner.js';
import type { WolfEra } from './wolf-era.js';
import type { WolfFaults } from './wolf-faults.js';

export interface SimulatedWolfOptions {
  /** At most 106 bytes: a Unix socket's path ends at 107, and one byte goes to a passing name. */
  readonly socketPath: string;
  readonly era?: WolfEra;
  /** Starts what a lobby's runner describes; without it, nothing is started and lobbies stand all the same. */
  readonly runner?: LobbyRunner;
  readonly faults?: Partial<WolfFaults>;
  readonly apps?: readonly WolfAppEntry[];
  /** In milliseconds; only ages are told by it. */
  readonly now?: () => number;
  readonly newLobbyId?: () => string;
  readonly keepAliveIntervalMs?: number;
  readonly secondStopDelayMs?: number;
  readonly sessionReapIntervalMs?: number;
}
