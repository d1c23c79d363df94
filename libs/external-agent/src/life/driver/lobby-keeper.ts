import {
  isWolfError,
  lobbyPinFromText,
  type WolfCallOptions,
  type WolfClient,
  type WolfClientFactory,
  type WolfLobby,
  type WolfLobbyId,
} from '@helix/wolf-client';
import type { DesktopDefinition } from '../desktop/desktop-definition.js';
import { markedLifeOf, markedSessionOf } from '../../session/desktop-marks.js';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { LIMITS } from '../../limits.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { SessionLease } from '../../session/session-lease.js';
import { isViewerOf } from '../../hosts/client-unique-id.js';
import { StartError } from '../desktop/start-error.js';

/**
 * The lobbies of sessions on their Wolf. Wolf knows nothing of sessions: a lobby belongs to the one whose marker stands in
 * its runner's environment (wolf-api §4.4), and a create whose answer was lost may have made one (§4.2). So every create
 * looks first, and looks again afterwards. Of several the newest is kept: each create has a token of its own, and only
 * the latest token is not revoked. A lobby of another life of its session is never kept: the session was started again
 * since, perhaps on another host while this one was away.
 *
 * A lobby that bears a session's marker and refuses its PIN was not made for it: the PIN is on the row before a lobby is
 * asked for and never changes. Such a lobby is told of and left alone.
 *
 * All calls are cut when the session's lease is lost, and nothing is stopped without making sure that it is held: what
 * stands by then may be the successor's. Every method rejects with LeaseLostError and the database's errors besides.
 */
export class LobbyKeeper {
  readonly #clients: WolfClientFactory;
  readonly #logger: ExternalAgentLogger;

  constructor(clients: WolfClientFactory, logger: ExternalAgentLogger) {
    this.#clients = clients;
    this.#logger = logger;
  }

  /**
   * The session's lobby on its Wolf, if there is one: the one on its row, or else the newest. Further lobbies of the same
   * session are stopped.
   * @throws WolfError when Wolf cannot be asked, or `signal` aborts; then it is unknown whether there is one
   */
  find(
    session: SessionEntity,
    wolfInstanceId: string,
    lease: SessionLease,
    signal = lease.signal,
  ): Promise<WolfLobbyId | undefined> {
    return this.#keepOne(session, wolfInstanceId, session.lobbyId, lease, signal);
  }

  /**
   * Creates the lobby and makes sure that it, and no other, stands afterwards: Wolf's success does not say that the container
   * runs, and its error or silence not that there is no lobby.
   * @throws WolfError the failure of the create, when no lobby is found after it; or that of the search. When `signal` aborts, a
   * lobby may come all the same
   * @throws StartError LOBBY_VANISHED
   */
  async create(
    session: SessionEntity,
    wolfInstanceId: string,
    desktop: DesktopDefinition,
    lease: SessionLease,
    signal = lease.signal,
  ): Promise<WolfLobbyId> {
    const client = this.#clients.for(wolfInstanceId);
    const asked = await this.#ask(client, session, desktop, signal);
    if ('failure' in asked && wasNeverSent(asked.failure)) throw asked.failure;
    const lobbyId = await this.#keepOne(session, wolfInstanceId, asked.lobbyId ?? null, lease, signal);
    if (!('failure' in asked)) {
      if (lobbyId === undefined) throw new StartError('LOBBY_VANISHED', 'the lobby ended as soon as it was made');
      return lobbyId;
    }
    if (lobbyId === undefined) throw asked.failure;
    this.#logger.warn(
      { sessionId: session.id, wolfInstanceId, lobbyId, error: asked.failure },
      'lobby exists although its create failed; adopting it',
    );
    return lobbyId;
  }

  /**
   * Stops the streams that watch the session's desktop, then every lobby of the session. No lobby is a success.
   * @throws WolfError when Wolf cannot be asked or refuses
   */
  async stopAll(session: SessionEntity, wolfInstanceId: string, lease: SessionLease): Promise<void> {
    const client = this.#clients.for(wolfInstanceId);
    const lobbies = await this.#listOf(client, session, lease.signal);
    await lease.hold();
    // Streams outlive their lobby and hold video memory each (wolf-api §4.3): they go first, and also when it is gone.
    await this.#stopStreams(client, session, wolfInstanceId, lease);
    await this.#stopLobbies(client, session, wolfInstanceId, lobbies, lease);
  }

  /**
   * Stops what earlier lives of the session have left on the host, and nothing of this one.
   * @throws WolfError when Wolf cannot be asked or refuses
   */
  async stopOlder(session: SessionEntity, wolfInstanceId: string, lease: SessionLease): Promise<void> {
    const client = this.#clients.for(wolfInstanceId);
    const lobbies = await this.#listOf(client, session, lease.signal);
    const older = lobbies.filter((lobby) => !isOfLife(lobby, session.life));
    if (older.length > 0 && older.length === lobbies.length) {
      await lease.hold();
      await this.#stopStreams(client, session, wolfInstanceId, lease);
    }
    await this.#stopLobbies(client, session, wolfInstanceId, older, lease);
  }

  /** Keeps `wanted` if it stands, else the newest; stops the others. */
  async #keepOne(
    session: SessionEntity,
    wolfInstanceId: string,
    wanted: string | null,
    lease: SessionLease,
    signal: AbortSignal,
  ): Promise<WolfLobbyId | undefined> {
    const client = this.#clients.for(wolfInstanceId);
    const lobbies = await this.#listOf(client, session, signal);
    const own = lobbies.filter((lobby) => isOfLife(lobby, session.life));
    const kept = own.find((lobby) => lobby.id === wanted) ?? own.at(-1);
    const extra = lobbies.filter((lobby) => lobby !== kept);
    await this.#stopLobbies(client, session, wolfInstanceId, extra, lease);
    return kept?.id;
  }

  async #ask(
    client: WolfClient,
    session: SessionEntity,
    desktop: DesktopDefinition,
    signal: AbortSignal,
  ): Promise<Asked> {
    try {
      const lobbyId = await client.createLobby(
        {
          profileId: 'helix-sessions',
          name: desktop.lobbyName,
          multiUser: true,
          stopWhenEveryoneLeaves: false,
          pin: lobbyPinFromText(session.lobbyPin),
          video: {
            width: session.display.width,
            height: session.display.height,
            refreshRate: session.display.refreshHz,
            waylandRenderNode: desktop.renderNode,
            runnerRenderNode: desktop.renderNode,
            videoProducerBufferCaps: desktop.bufferCaps,
            videoSourceMode: 'wayland',
          },
          audio: { channelCount: 2 },
          runnerStateFolder: desktop.stateFolder,
          runner: {
            type: 'docker',
            name: desktop.containerName,
            image: desktop.image,
            mounts: desktop.mounts,
            env: desktop.environment,
            devices: desktop.devices,
            ports: [],
            baseCreateJson: desktop.baseCreateJson,
          },
        },
        { signal },
      );
      return { lobbyId };
    } catch (failure) {
      return { failure };
    }
  }

  /** What cannot be stopped here ends by itself when its viewer is silent for a minute, and does not keep the desktop. */
  async #stopStreams(
    client: WolfClient,
    session: SessionEntity,
    wolfInstanceId: string,
    lease: SessionLease,
  ): Promise<void> {
    const endsAt = performance.now() + LIMITS.streamsStopMs;
    const inTime = (): WolfCallOptions => ({
      signal: lease.signal,
      timeoutMs: Math.max(endsAt - performance.now(), 1),
    });
    try {
      for (const stream of await client.listSessions(inTime())) {
        if (isViewerOf(session.id, stream.clientUniqueId)) await client.stopSession(stream.id, inTime());
      }
    } catch (error) {
      this.#logger.warn(
        { sessionId: session.id, wolfInstanceId, error },
        'could not stop all streams of a stopping desktop',
      );
    }
  }

  async #stopLobbies(
    client: WolfClient,
    session: SessionEntity,
    wolfInstanceId: string,
    lobbies: readonly WolfLobby[],
    lease: SessionLease,
  ): Promise<void> {
    for (const lobby of lobbies) {
      const fields = { sessionId: session.id, wolfInstanceId, lobbyId: lobby.id };
      const pin = lobby.pinRequired ? { pin: lobbyPinFromText(session.lobbyPin) } : {};
      try {
        await lease.hold();
        await client.stopLobby({ lobbyId: lobby.id, ...pin }, { signal: lease.signal });
        this.#logger.info(fields, 'lobby stopped');
      } catch (error) {
        if (!isWolfError(error, 'WOLF_WRONG_PIN')) throw error;
        this.#logger.error(fields, 'lobby refuses the PIN of the session that it names; left alone');
      }
    }
  }

  /** Wolf lists the oldest first. */
  async #listOf(client: WolfClient, session: SessionEntity, signal: AbortSignal): Promise<readonly WolfLobby[]> {
    const lobbies = await client.listLobbies({ signal });
    return lobbies.filter(
      (lobby) => lobby.runner.type === 'docker' && markedSessionOf(lobby.runner.env) === session.id,
    );
  }
}

type Asked = { readonly lobbyId: WolfLobbyId } | { readonly failure: unknown; readonly lobbyId?: undefined };

function isOfLife({ runner }: WolfLobby, life: number): boolean {
  return runner.type === 'docker' && markedLifeOf(runner.env) === life;
}

/** Did the create fail before anything of it reached Wolf? Then there is no lobby to look for. */
export function wasNeverSent(error: unknown): boolean {
  return isWolfError(error, 'WOLF_INVALID_REQUEST') || isWolfError(error, 'WOLF_UNREACHABLE');
}
