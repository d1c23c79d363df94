import { randomUUID } from 'node:crypto';
import type { PlacementService, WolfInstanceRegistry } from '@helix/scheduler';
import { isWolfError } from '@helix/wolf-client';
import type { DesktopConfig } from '../desktop/desktop-config.js';
import { defineDesktop } from '../desktop/desktop-definition.js';
import { unusableFieldsOf } from '../desktop/desktop-host.js';
import type { ExternalAgentLogger } from '../external-agent-logger.js';
import { LIMITS } from '../limits.js';
import type { SessionDirectory } from '../session/session-directory.js';
import type { SessionId } from '../session/session-id.js';
import { LeaseLostError, SessionLease } from '../session/session-lease.js';
import type { SessionReason } from '../session/session-state.js';
import type { SessionEntity } from '../session/session.entity.js';
import type { SessionRepository } from '../session/session.repository.js';
import type { LobbyKeeper } from './lobby-keeper.js';
import type { SessionTokenIssuer } from './session-token-issuer.js';
import { StartError } from './start-error.js';
import { placementReason, startReason, stopReason } from './session-reasons.js';

export interface SessionDriverParts {
  readonly repository: SessionRepository;
  readonly directory: SessionDirectory;
  readonly placements: PlacementService;
  readonly instances: WolfInstanceRegistry;
  readonly lobbies: LobbyKeeper;
  readonly tokens: SessionTokenIssuer;
  readonly desktop: DesktopConfig;
  readonly logger: ExternalAgentLogger;
  /** Cuts the desktop's link when its session ends. */
  readonly disconnect: (sessionId: SessionId) => void;
}

/**
 * Moves one session towards what its owner wants: place → lobby → running, or stop → slot released. Every step is written
 * before the next begins, so that whoever comes after a crash knows what may have been done and can do it again:
 *
 *   the slot is reserved under the session's id (again: the same slot)
 *   the host is written on the session before its lobby is asked for; one on the row means that a lobby may stand there
 *   a lobby is looked for before one is created, and after
 *   what a session holds is let go before it is called stopped or failed
 *
 * The row's lease keeps two drivers apart.
 */
export class SessionDriver {
  readonly #parts: SessionDriverParts;
  readonly #replica = randomUUID();
  readonly #drives = new Map<SessionLease, Promise<unknown>>();
  #isClosed = false;

  constructor(parts: SessionDriverParts) {
    this.#parts = parts;
  }

  /**
   * Works on the session until it is settled or can not be moved further now.
   * Resolves with the row as left; `undefined` when another driver holds it, it does not exist, or this one is closing.
   * @throws the database's errors and SchedulerError PLACEMENT_BUSY; the work is then taken up later. What Wolf says is
   * written on the session instead
   */
  async drive(id: SessionId): Promise<SessionEntity | undefined> {
    if (this.#isClosed) return undefined;
    const { repository, directory } = this.#parts;
    // The holder's name is new for each drive, so that two drives of one replica exclude each other as well.
    const claimed = await SessionLease.claim(repository, id, `${this.#replica}/${randomUUID()}`, (session) => {
      directory.remember(session);
    });
    if (claimed === undefined) return undefined;
    const { lease, session } = claimed;
    const drive = this.#driveHeld(session, lease);
    this.#drives.set(lease, drive);
    try {
      return await drive;
    } catch (error) {
      if (error instanceof LeaseLostError) return undefined;
      throw error;
    } finally {
      this.#drives.delete(lease);
    }
  }

  /** Cuts the drives under way, for others to take up; resolves when each has given its lease back. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const lease of this.#drives.keys()) lease.destroy();
    await Promise.allSettled(this.#drives.values());
  }

  async #driveHeld(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    try {
      if (this.#isClosed) lease.destroy();
      if (session.state === 'stopped' || session.state === 'failed') {
        // Nothing to let go, unless a driver did something after it had lost its lease.
        await this.#letGo(session, lease);
        return session;
      }
      if (session.desired === 'running') session = await this.#start(session, lease);
      // The owner may have asked for a stop meanwhile.
      return session.desired === 'stopped' ? await this.#stop(session, lease) : session;
    } finally {
      await lease.release();
    }
  }

  async #start(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { placements, logger } = this.#parts;
    if (session.state === 'running') return session;
    // An earlier attempt, which was not undone, may have asked this host for a lobby.
    const earlierHost = session.wolfInstanceId;
    if (session.startAttempts >= LIMITS.startAttemptsMax) {
      const reason = startReason(new StartError('TOO_MANY_ATTEMPTS', 'no attempt to start came to its end'));
      return await this.#undoStart(session, lease, earlierHost, session.reason ?? reason);
    }
    if (session.state !== 'placing') session = await lease.change({ state: 'placing' });
    if (session.desired === 'stopped') return session;

    const placement = await placements.place({
      sessionId: session.id,
      ...(session.gpuVendor !== null && { gpuVendor: session.gpuVendor }),
    });
    if ('refused' in placement) {
      logger.warn({ sessionId: session.id, reason: placement.reason }, 'no place for a session');
      return await this.#undoStart(session, lease, earlierHost, placementReason(placement));
    }
    const { wolfInstanceId } = placement;
    // Its slot was taken away with its host, which may be there all the same.
    if (earlierHost !== null && earlierHost !== wolfInstanceId) await this.#clearHost(session, earlierHost, lease);
    session = await lease.change({ state: 'starting', wolfInstanceId, startAttempts: session.startAttempts + 1 });
    return session.desired === 'stopped' ? session : await this.#bringUp(session, wolfInstanceId, earlierHost, lease);
  }

  async #bringUp(
    session: SessionEntity,
    wolfInstanceId: string,
    earlierHost: string | null,
    lease: SessionLease,
  ): Promise<SessionEntity> {
    const { placements, instances, lobbies, tokens, desktop, logger } = this.#parts;
    let lobbyMayExist = earlierHost === wolfInstanceId;
    try {
      let lobbyId = await lobbies.find(session, wolfInstanceId, lease);
      if (lobbyId === undefined) {
        const host = await instances.find(wolfInstanceId);
        if (host === undefined) throw new StartError('HOST_REMOVED', 'the host is no longer registered');
        await lease.hold();
        // A token of an attempt that made no lobby belongs to nobody.
        await tokens.revokeAll(session.id);
        const token = await tokens.issue(session.id, session.ownerId);
        const definition = defineDesktop(session, host, desktop, token);
        const fields = unusableFieldsOf(host);
        // Names only: what stands in them may be made to harm whoever reads the log.
        if (fields.length > 0)
          logger.warn({ wolfInstanceId, fields }, 'a host reports what can not be; it is not used');
        await lease.hold();
        lobbyMayExist = true;
        lobbyId = await lobbies.create(session, wolfInstanceId, definition, lease);
      }
      lobbyMayExist = true;
      if (!(await placements.confirm(session.id))) throw new StartError('HOST_REMOVED', 'the slot is gone');
      session = await lease.change({ state: 'running', lobbyId, startedAt: new Date(), reason: null });
      logger.info({ sessionId: session.id, wolfInstanceId, lobbyId }, 'session is running');
      return session;
    } catch (error) {
      lease.signal.throwIfAborted();
      // The database's trouble is not the host's: nothing is undone, the drive is taken up again.
      if (!isWolfError(error) && !(error instanceof StartError)) throw error;
      logger.warn({ sessionId: session.id, wolfInstanceId, error }, 'a session could not be started');
      return await this.#undoStart(session, lease, lobbyMayExist ? wolfInstanceId : null, startReason(error));
    }
  }

  /** Takes back what failed starts may have left. What can not be reached now stays reserved and is tried again. */
  async #undoStart(
    session: SessionEntity,
    lease: SessionLease,
    lobbyHost: string | null,
    reason: SessionReason,
  ): Promise<SessionEntity> {
    const failure = await this.#clearHost(session, lobbyHost, lease);
    if (failure !== undefined) return await this.#explain(session, lease, reason);
    await this.#letGo(session, lease);
    return await lease.change({ state: 'failed', reason });
  }

  async #stop(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { tokens, logger, disconnect } = this.#parts;
    const { wolfInstanceId } = session;
    if (session.state !== 'stopping') session = await lease.change({ state: 'stopping', reason: null });
    await lease.hold();
    // First of all nobody can come back as this desktop.
    await tokens.revokeAll(session.id);
    disconnect(session.id);
    const failure = await this.#clearHost(session, wolfInstanceId, lease);
    if (failure !== undefined) {
      const reason = stopReason(failure);
      // Said once, not with each try.
      if (session.reason?.message !== reason.message) {
        logger.warn(
          { sessionId: session.id, wolfInstanceId, error: failure },
          'a desktop could not be stopped yet; it is tried again',
        );
      }
      return await this.#explain(session, lease, reason);
    }
    await this.#letGo(session, lease);
    session = await lease.change({ state: 'stopped', lobbyId: null, stoppedAt: new Date(), reason: null });
    logger.info({ sessionId: session.id, wolfInstanceId }, 'session is stopped');
    return session;
  }

  /**
   * Stops what the session has on the host. Resolves with what stands in the way; with nothing also when the host is not
   * registered any more and can not be reached: nobody waits for it.
   */
  async #clearHost(session: SessionEntity, wolfInstanceId: string | null, lease: SessionLease): Promise<unknown> {
    if (wolfInstanceId === null) return undefined;
    try {
      await this.#parts.lobbies.stopAll(session, wolfInstanceId, lease);
      return undefined;
    } catch (error) {
      lease.signal.throwIfAborted();
      if (!isWolfError(error)) throw error;
      return (await this.#parts.instances.find(wolfInstanceId)) === undefined ? undefined : error;
    }
  }

  /** Token, slot and link: what a session that has ended does not hold. */
  async #letGo(session: SessionEntity, lease: SessionLease): Promise<void> {
    await lease.hold();
    await this.#parts.tokens.revokeAll(session.id);
    await this.#parts.placements.release(session.id);
    this.#parts.disconnect(session.id);
  }

  async #explain(session: SessionEntity, lease: SessionLease, reason: SessionReason): Promise<SessionEntity> {
    return session.reason?.message === reason.message ? session : await lease.change({ reason });
  }
}
