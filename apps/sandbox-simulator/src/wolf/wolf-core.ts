import type { WolfAppEntry } from './app-catalog.js';
import type { EventHub } from './event-hub.js';
import type { LobbyLife } from './lobby-life.js';
import type { LobbyTable } from './lobby-table.js';
import type { Pairing } from './pairing.js';
import type { PressedKeys } from './pressed-keys.js';
import type { SessionTable, StreamSession } from './session-table.js';
import type { WolfEra } from './wolf-era.js';
import type { WolfFaults } from './wolf-faults.js';
import { SESSION_IDLE_LIMIT_MS } from './wolf-limits.js';

/** What the endpoints of one life of Wolf work on. */
export interface WolfCore {
  readonly era: WolfEra;
  readonly faults: WolfFaults;
  readonly sessions: SessionTable;
  readonly lobbies: LobbyTable;
  readonly life: LobbyLife;
  readonly events: EventHub;
  readonly pairing: Pairing;
  readonly apps: readonly WolfAppEntry[];
  readonly keys: PressedKeys;
  /** Lobby to join at launch, by the unique id of the client that will come (January 2026). Taken up once. */
  readonly immediateLobbies: Map<string, string>;
  readonly processRssBytes: number;
  /** When the first health call came: from then on Wolf counts its uptime. */
  firstHealthCallAt: number | undefined;
  now(): number;
  /** A fresh lobby id. */
  newLobbyId(): string;
  /** Passes time on the API thread. Rejects when this life ends. */
  wait(ms: number): Promise<void>;
  /** Converts an id as `stoull` does and counts spellings that only a lenient Wolf takes. @throws UncaughtWolfException */
  toU64(text: string): string;
}

/** Out of its lobby, off the list, then told (wolf-api §5.2). */
export async function endSession(core: WolfCore, session: StreamSession): Promise<void> {
  await core.life.leaveByEnd(session.clientId);
  core.sessions.remove(session);
  core.events.broadcast('StopStreamEvent', { session_id: session.clientId });
}

/** Ends sessions whose client has fallen silent (wolf-api §4.1). */
export async function endSilentSessions(core: WolfCore): Promise<void> {
  const silentSince = core.now() - SESSION_IDLE_LIMIT_MS;
  for (const session of core.sessions.list().filter((each) => each.lastControlPacketAt < silentSince)) {
    await endSession(core, session);
  }
}
