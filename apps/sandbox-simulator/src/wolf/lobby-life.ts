import { printClientSettings } from './client-settings.js';
import type { EventHub } from './event-hub.js';
import type { Printable } from './json.js';
import { type Lobby, type LobbyTable, type Pin, type VideoSettings, samePin } from './lobby-table.js';
import { printRunner } from './runner-description.js';
import type { RunnerThreads } from './runner-threads.js';
import type { SessionTable } from './session-table.js';
import { type WolfEra, isAtLeast } from './wolf-era.js';
import type { WolfFaults } from './wolf-faults.js';

interface LobbyLifeParts {
  readonly era: WolfEra;
  readonly faults: WolfFaults;
  readonly lobbies: LobbyTable;
  readonly sessions: SessionTable;
  readonly events: EventHub;
  readonly runners: RunnerThreads;
}

/** What Wolf answers to a failed action; `undefined` is success. */
type LobbyRefusal = string | undefined;

/**
 * Joining, leaving and ending of lobbies (wolf-api §4.3), with the events in Wolf's order: handlers run first, the
 * broadcast last, so effects stand before their causes in the stream (§5.2).
 */
export class LobbyLife {
  readonly #parts: LobbyLifeParts;

  constructor(parts: LobbyLifeParts) {
    this.#parts = parts;
  }

  /** Puts the lobby into the list; nothing runs yet. */
  announce(lobby: Lobby): void {
    this.#parts.lobbies.add(lobby);
    this.#parts.events.broadcast('CreateLobbyEvent', createLobbyEvent(lobby));
  }

  /** Starts the lobby's container on a thread of its own and ends the lobby when it is gone. */
  run(lobby: Lobby): void {
    this.#parts.runners.run(lobby, async () => {
      await this.#runnerGone(lobby);
    });
  }

  join(lobbyId: string, sessionId: string, pin: Pin | undefined): LobbyRefusal {
    const { lobbies, events } = this.#parts;
    const lobby = lobbies.find(lobbyId);
    if (lobby === undefined) return 'Invalid lobby ID';
    if (!samePin(lobby.pin, pin)) return 'Invalid PIN';
    const refusal = this.#admit(lobby, sessionId);
    // Broadcast even when it failed after the PIN.
    events.broadcast('JoinLobbyEvent', joinLobbyEvent(lobbyId, sessionId, pin));
    return refusal;
  }

  #admit(lobby: Lobby, sessionId: string): LobbyRefusal {
    const { era, faults, lobbies, sessions, events } = this.#parts;
    const session = sessions.find(sessionId);
    if (session !== undefined && faults.sessionVanishesBeforeJoin) sessions.remove(session);
    if (session === undefined || faults.sessionVanishesBeforeJoin) return 'Lobby or session not found';
    if (isAtLeast(era, 'dec25')) {
      const current = lobbies.findBySession(sessionId);
      if (current === lobby) return undefined;
      if (current !== undefined) return 'Session already in different lobby - leave first before joining another';
    }
    if (!lobby.multiUser && lobby.connectedSessionIds.length > 0) return 'Lobby is full';
    lobby.connectedSessionIds.push(sessionId);
    events.broadcast('SwitchStreamProducerEvents', { session_id: sessionId, interpipe_src_id: lobby.id });
    return undefined;
  }

  /** Never fails: unknown ids are broadcast like others. */
  async leave(lobbyId: string, sessionId: string, skipSwitch: boolean): Promise<void> {
    const { era, lobbies, events } = this.#parts;
    const lobby = lobbies.find(lobbyId);
    if (lobby !== undefined && removeFrom(lobby, sessionId)) {
      if (!skipSwitch) {
        events.broadcast('SwitchStreamProducerEvents', { session_id: sessionId, interpipe_src_id: sessionId });
      }
      await this.#stopIfAbandoned(lobby);
    }
    events.broadcast('LeaveLobbyEvent', leaveLobbyEvent(era, lobbyId, sessionId, skipSwitch));
  }

  /** A session ends or pauses: it is out of its lobby before it is out of the list. */
  async leaveByEnd(sessionId: string): Promise<void> {
    const { era, lobbies, events } = this.#parts;
    const lobby = lobbies.findBySession(sessionId);
    if (lobby === undefined) return;
    removeFrom(lobby, sessionId);
    events.broadcast('LeaveLobbyEvent', leaveLobbyEvent(era, lobby.id, sessionId, true));
    await this.#stopIfAbandoned(lobby);
  }

  async stop(lobbyId: string, pin: Pin | undefined): Promise<LobbyRefusal> {
    const lobby = this.#parts.lobbies.find(lobbyId);
    if (lobby === undefined) return 'Invalid lobby ID';
    if (!samePin(lobby.pin, pin)) return 'Invalid PIN';
    await this.#end(lobby, pin);
    return undefined;
  }

  async #stopIfAbandoned(lobby: Lobby): Promise<void> {
    if (lobby.stopWhenEveryoneLeaves && lobby.connectedSessionIds.length === 0) await this.#end(lobby, undefined);
  }

  /** Sessions leave and live on, the container is stopped, the lobby is off the list; then it is told. */
  async #end(lobby: Lobby, pin: Pin | undefined): Promise<void> {
    const { lobbies, events, runners } = this.#parts;
    if (lobby.state !== 'standing') return;
    lobby.state = 'stopping';
    for (const sessionId of [...lobby.connectedSessionIds]) await this.leave(lobby.id, sessionId, false);
    await runners.stop(lobby);
    lobbies.remove(lobby);
    lobby.state = 'gone';
    events.broadcast('StopLobbyEvent', { lobby_id: lobby.id, pin });
  }

  /** The runner's thread has ended: the lobby with it, or only a second event when it was stopped before. */
  async #runnerGone(lobby: Lobby): Promise<void> {
    if (lobby.state === 'standing') await this.#end(lobby, undefined);
    else this.#parts.events.broadcast('StopLobbyEvent', { lobby_id: lobby.id });
  }
}

function removeFrom(lobby: Lobby, sessionId: string): boolean {
  const index = lobby.connectedSessionIds.indexOf(sessionId);
  if (index < 0) return false;
  lobby.connectedSessionIds.splice(index, 1);
  return true;
}

/** Payloads of lobby events (wolf-api §5.3). They leak the PIN and the environment, as Wolf's do. */

function createLobbyEvent(lobby: Lobby): Printable {
  return {
    id: lobby.id,
    profile_id: lobby.profileId,
    name: lobby.name,
    icon_png_path: lobby.iconPngPath,
    pin: lobby.pin,
    multi_user: lobby.multiUser,
    stop_when_everyone_leaves: lobby.stopWhenEveryoneLeaves,
    video_settings: printVideoSettings(lobby.video),
    audio_settings: { channel_count: lobby.audioChannelCount },
    client_settings: printClientSettings(lobby.clientSettings),
    runner_state_folder: lobby.runnerStateFolder,
    runner: printRunner(lobby.runner),
  };
}

function joinLobbyEvent(lobbyId: string, sessionId: string, pin: Pin | undefined): Printable {
  return { lobby_id: lobbyId, moonlight_session_id: sessionId, pin };
}

function leaveLobbyEvent(era: WolfEra, lobbyId: string, sessionId: string, skipSwitch: boolean): Printable {
  return {
    lobby_id: lobbyId,
    moonlight_session_id: sessionId,
    skip_producer_switch: isAtLeast(era, 'dec25') ? skipSwitch : undefined,
  };
}

function printVideoSettings(video: VideoSettings): Printable {
  return { ...video };
}
