import { Injectable } from '@nestjs/common';
import {
  ExternalAgentService,
  isSessionId,
  markedLifeOf,
  markedSessionOf,
  SessionRepository,
  type SessionEntity,
} from '@helix/external-agent';
import {
  isWolfError,
  lobbyPinFromText,
  WolfClientFactory,
  WolfError,
  type WolfLobby,
  type WolfLobbyId,
} from '@helix/wolf-client';
import { ApiError } from '../errors/api-error.js';
import { WolfReports } from '../wolf/wolf-reports.js';

/**
 * Takes a lobby off a host by an admin's hand. The desktop of a session is stopped as its owner would stop it, so that the
 * session does not go on as running; what is left over of a session, or was made by another program, is stopped by itself.
 */
@Injectable()
export class LobbyRemoval {
  constructor(
    private readonly clients: WolfClientFactory,
    private readonly sessions: SessionRepository,
    private readonly agents: ExternalAgentService,
    private readonly reports: WolfReports,
  ) {}

  /** @throws WolfError WOLF_UNKNOWN_LOBBY and others; ApiError LOBBY_PIN_UNKNOWN */
  async remove(wolfInstanceId: string, lobbyId: WolfLobbyId): Promise<void> {
    try {
      const lobby = await this.find(wolfInstanceId, lobbyId);
      if (lobby === undefined) throw new WolfError('WOLF_UNKNOWN_LOBBY', 'there is no such lobby on this host');
      const session = await this.sessionOf(lobby);
      if (session !== null && isDesktopOf(session, wolfInstanceId, lobby)) {
        await this.agents.stop(session.id);
        if ((await this.find(wolfInstanceId, lobbyId)) === undefined) return;
      }
      await this.stop(wolfInstanceId, lobby, session);
    } finally {
      this.reports.forgetLists(wolfInstanceId);
    }
  }

  private async find(wolfInstanceId: string, lobbyId: WolfLobbyId): Promise<WolfLobby | undefined> {
    const lobbies = await this.clients.for(wolfInstanceId).listLobbies();
    return lobbies.find((lobby) => lobby.id === lobbyId);
  }

  private async sessionOf({ runner }: WolfLobby): Promise<SessionEntity | null> {
    const marked = runner.type === 'docker' ? markedSessionOf(runner.env) : undefined;
    return marked !== undefined && isSessionId(marked) ? await this.sessions.find(marked) : null;
  }

  private async stop(wolfInstanceId: string, lobby: WolfLobby, session: SessionEntity | null): Promise<void> {
    if (lobby.pinRequired && session === null) throw pinUnknown();
    const pin = lobby.pinRequired && session !== null ? { pin: lobbyPinFromText(session.lobbyPin) } : {};
    try {
      await this.clients.for(wolfInstanceId).stopLobby({ lobbyId: lobby.id, ...pin });
    } catch (error) {
      // Any client of Wolf may write a session's marker into its own lobby, with its own PIN.
      if (isWolfError(error, 'WOLF_WRONG_PIN')) throw pinUnknown();
      throw error;
    }
  }
}

/**
 * Is this the lobby that the session runs in, or may yet turn out to? A second one of the same session, or one that it left
 * behind on another host or in an earlier life, is no reason to stop it.
 */
function isDesktopOf(session: SessionEntity, wolfInstanceId: string, lobby: WolfLobby): boolean {
  const { runner } = lobby;
  const isOfThisLife = runner.type === 'docker' && markedLifeOf(runner.env) === session.life;
  const mayBeIts = session.lobbyId === null || session.lobbyId === lobby.id;
  return session.wolfInstanceId === wolfInstanceId && isOfThisLife && mayBeIts;
}

function pinUnknown(): ApiError {
  return new ApiError('LOBBY_PIN_UNKNOWN', 'the lobby has a PIN that is not known here; its creator can stop it');
}
