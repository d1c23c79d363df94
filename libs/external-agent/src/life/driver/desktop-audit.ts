import { isWolfError } from '@helix/wolf-client';
import { LIMITS } from '../../limits.js';
import type { SessionLease } from '../../session/session-lease.js';
import { hasEnded } from '../../session/session-state.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { SessionDriverParts } from './session-driver-parts.js';
import { DESKTOP_LOST_REASON } from '../../session/session-reasons.js';

/**
 * Compares what a host really runs of one session with what the session's row says, under the session's lease, and makes the
 * row or the host follow: a lost desktop is queued to be started again, one that is not wanted is stopped.
 */
export class DesktopAudit {
  readonly #parts: SessionDriverParts;

  constructor(parts: SessionDriverParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with the session as it is afterwards. A host that cannot be asked says nothing, nor does a Wolf that is another one by
   * now than the one that was read: nothing is changed then.
   */
  async audit(
    session: SessionEntity,
    wolfInstanceId: string,
    lease: SessionLease,
    isSameWolf: () => boolean,
  ): Promise<SessionEntity> {
    if (!isSameWolf()) return session;
    try {
      if (session.wolfInstanceId !== wolfInstanceId || hasEnded(session.state)) {
        await this.#parts.lobbies.stopAll(session, wolfInstanceId, lease);
        return session;
      }
      // Between two states it is the drive that looks.
      if (session.state !== 'running' || session.desired !== 'running') {
        await this.#parts.lobbies.stopOlder(session, wolfInstanceId, lease);
        return session;
      }
      const lobbyId = await this.#parts.lobbies.find(session, wolfInstanceId, lease);
      if (lobbyId === session.lobbyId || !isSameWolf()) return session;
      return lobbyId === undefined
        ? await this.#queueAgain(session, lease)
        : await lease.change('adoptLobby', { lobbyId });
    } catch (error) {
      lease.signal.throwIfAborted();
      if (!isWolfError(error)) throw error;
      return session;
    }
  }

  async #queueAgain(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { tokens, disconnect, now, logger } = this.#parts;
    logger.warn(
      { sessionId: session.id, wolfInstanceId: session.wolfInstanceId },
      'desktop lost on its host; restarting it',
    );
    await lease.hold();
    await tokens.revokeAll(session.id);
    disconnect(session.id);
    const ranForMs = session.startedAt === null ? 0 : now().getTime() - session.startedAt.getTime();
    return await lease.change('loseDesktop', {
      reason: DESKTOP_LOST_REASON,
      // One that ends again and again is given up in the end.
      startAttempts: ranForMs >= LIMITS.startStableMs ? 0 : session.startAttempts,
    });
  }
}
