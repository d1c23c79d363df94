import { withDeadline } from '@helix/pacing';
import {
  isWolfError,
  lobbyPinFromText,
  parseWolfLobbyId,
  type WolfClient,
  type WolfClientFactory,
  type WolfLobby,
  type WolfLobbyId,
  type WolfSession,
} from '@helix/wolf-client';
import { desktopOf } from '../session/desktop-of.js';
import { ExternalAgentError } from '../external-agent-error.js';
import { LIMITS } from '../limits.js';
import type { SessionEntity } from '../session/session.entity.js';
import type { HostWatch } from '../hosts/host-watch.js';
import { isViewerOf } from '../hosts/client-unique-id.js';

export interface AutoJoinRequest {
  /** Which of the session's viewers; the one that connected last where it is absent. */
  readonly clientUniqueId?: string | undefined;
  /** The same viewer under the name that the signalling proxy gave them, for pages that know only the one they chose. */
  readonly givenName?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Puts the stream of a session's viewer into the session's lobby. A viewer connects to an app of Wolf's first and sees a
 * placeholder there; which stream is theirs, the host alone tells, by `client_unique_id`, and never the caller.
 */
export class AutoJoin {
  readonly #wolfs: WolfClientFactory;
  readonly #hosts: Pick<HostWatch, 'whenSeen' | 'refresh'>;
  readonly #waitMs: number;
  #waitingCount = 0;

  constructor(
    wolfs: WolfClientFactory,
    hosts: Pick<HostWatch, 'whenSeen' | 'refresh'>,
    waitMs: number = LIMITS.autoJoinWaitMs,
  ) {
    this.#wolfs = wolfs;
    this.#hosts = hosts;
    this.#waitMs = waitMs;
  }

  /**
   * Resolves with the lobby once the viewer is in it, also when they were there already. Waits up to `LIMITS.autoJoinWaitMs` for a
   * viewer who has only just connected.
   * @throws ExternalAgentError INVALID_REQUEST, NO_DESKTOP, DESKTOP_STARTING, VIEWER_NOT_CONNECTED, BUSY
   * @throws WolfError as the join fails
   */
  async join(
    session: SessionEntity,
    { clientUniqueId, givenName, signal }: AutoJoinRequest = {},
  ): Promise<WolfLobbyId> {
    if (clientUniqueId !== undefined && !isViewerOf(session.id, clientUniqueId)) {
      throw new ExternalAgentError('INVALID_REQUEST', 'client_unique_id is not of a viewer of this session');
    }
    const { wolfInstanceId, lobbyId: lobbyText, lobbyPin } = desktopOf(session);
    const lobbyId = parseWolfLobbyId(lobbyText ?? '');
    if (wolfInstanceId === null || lobbyId === undefined) {
      throw new ExternalAgentError('DESKTOP_STARTING', 'the desktop is starting');
    }
    if (this.#waitingCount >= LIMITS.autoJoinsMaxCount) {
      throw new ExternalAgentError('BUSY', 'too many viewers are being joined; try again shortly');
    }
    this.#waitingCount += 1;
    try {
      const isMine = (stream: WolfSession): boolean =>
        clientUniqueId === undefined
          ? isViewerOf(session.id, stream.clientUniqueId)
          : stream.clientUniqueId === clientUniqueId || stream.clientUniqueId === givenName;
      await this.#joinWhenConnected(this.#wolfs.for(wolfInstanceId), wolfInstanceId, lobbyId, lobbyPin, isMine, signal);
      return lobbyId;
    } finally {
      this.#waitingCount -= 1;
    }
  }

  async #joinWhenConnected(
    client: WolfClient,
    wolfInstanceId: string,
    lobbyId: WolfLobbyId,
    lobbyPin: string,
    isMine: (stream: WolfSession) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const endsAt = performance.now() + this.#waitMs;
    const options = signal === undefined ? {} : { signal };
    for (;;) {
      const stream = (await client.listSessions(options)).findLast(isMine);
      if (stream !== undefined && (await this.#tryJoin(client, lobbyId, lobbyPin, stream, options))) {
        // Pages are told of the viewer at once, and not only with Wolf's own word of it.
        this.#hosts.refresh(wolfInstanceId);
        return;
      }
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) {
        throw new ExternalAgentError('VIEWER_NOT_CONNECTED', 'no viewer of this session streams from its host');
      }
      await this.#pause(wolfInstanceId, Math.min(leftMs, LIMITS.autoJoinPollMs), signal);
    }
  }

  /** `false`: the stream has ended meanwhile. */
  async #tryJoin(
    client: WolfClient,
    lobbyId: WolfLobbyId,
    lobbyPin: string,
    stream: WolfSession,
    options: { readonly signal?: AbortSignal },
  ): Promise<boolean> {
    const lobbies = await client.listLobbies(options);
    const lobby = lobbies.find(({ id }) => id === lobbyId);
    if (lobby?.connectedSessionIds.includes(stream.id) === true) return true;
    const pin = lobby?.pinRequired === true ? { pin: lobbyPinFromText(lobbyPin) } : {};
    try {
      await leaveOthers(client, lobbies, lobbyId, stream, options);
      await client.joinLobby({ lobbyId, sessionId: stream.id, ...pin }, options);
      return true;
    } catch (error) {
      if (isWolfError(error, 'WOLF_UNKNOWN_SESSION')) return false;
      throw error;
    }
  }

  /** Until the host is seen to have changed, for `forMs` at most. @throws the signal's reason when the caller leaves */
  async #pause(wolfInstanceId: string, forMs: number, signal: AbortSignal | undefined): Promise<void> {
    const over = (): Error => new Error('the pause is over');
    await withDeadline(forMs, signal, over, (limited) => this.#hosts.whenSeen(wolfInstanceId, limited));
    signal?.throwIfAborted();
  }
}

/** Wolf refuses a join from within another lobby (wolf-api §2.2). */
async function leaveOthers(
  client: WolfClient,
  lobbies: readonly WolfLobby[],
  lobbyId: WolfLobbyId,
  stream: WolfSession,
  options: { readonly signal?: AbortSignal },
): Promise<void> {
  for (const other of lobbies) {
    if (other.id === lobbyId || !other.connectedSessionIds.includes(stream.id)) continue;
    await client.leaveLobby({ lobbyId: other.id, sessionId: stream.id }, options);
  }
}
