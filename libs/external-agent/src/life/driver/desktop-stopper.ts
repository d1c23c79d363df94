import { isWolfError } from '@helix/wolf-client';
import type { SessionLease } from '../../session/session-lease.js';
import type { SessionReason } from '../../session/session-state.js';
import type { SessionEntity } from '../../session/session.entity.js';
import type { SessionDriverParts } from './session-driver-parts.js';
import { HOST_DRAINED_REASON, HOST_REMOVED_REASON, IDLE_REASON, stopReason } from '../../session/session-reasons.js';

/** Takes desktops away: the last picture, then token and link, then what Wolf runs, then the slot. */
export class DesktopStopper {
  readonly #parts: SessionDriverParts;

  constructor(parts: SessionDriverParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with the session `stopped`; `queued` when its owner has asked for it again meanwhile; still `stopping`, with the
   * reason, while its host cannot be made to stop it and is not given up.
   */
  async stop(session: SessionEntity, lease: SessionLease): Promise<SessionEntity> {
    const { tokens, pictures, logger, disconnect } = this.#parts;
    const { wolfInstanceId } = session;
    const hasNothingYet = session.startAttempts === 0 && (session.state === 'queued' || session.state === 'placing');
    if (session.state !== 'stopping') {
      const hadDesktop = session.state === 'running';
      session = await lease.change('beginStop', { reason: keptReason(session) });
      if (hadDesktop) await pictures.keep(session.id, lease.signal);
    }
    await lease.hold();
    // From here on no runner can come back as this desktop.
    await tokens.revokeAll(session.id);
    disconnect(session.id);
    let failure: unknown;
    if (hasNothingYet) await this.leaveBehind(session, wolfInstanceId, lease);
    else failure = await this.clearHost(session, wolfInstanceId, lease);
    if (failure !== undefined && !isHostGivenUp(session, this.#parts.now())) {
      const reason = withCause(session, stopReason(failure));
      // Said once, not with each try.
      if (session.reason?.message !== reason.message) {
        logger.warn({ sessionId: session.id, wolfInstanceId, error: failure }, 'desktop stop failed; it is retried');
      }
      return await this.setReason(session, lease, reason);
    }
    await this.releaseResources(session, lease);
    session = await lease.change('finishStop', { reason: keptReason(session) });
    logger.info({ sessionId: session.id, wolfInstanceId }, 'session is stopped');
    return session;
  }

  /**
   * Stops what the session has on the host. Resolves with what stands in the way; with nothing also when the host is not
   * registered any more and cannot be reached: it is not waited for.
   */
  async clearHost(session: SessionEntity, wolfInstanceId: string | null, lease: SessionLease): Promise<unknown> {
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

  /**
   * Stops what an earlier life of the session may have left on the host, if that can be asked now. It does not wait for a host that is
   * away: what it still runs is of an earlier life, and is stopped when the host is seen again.
   */
  async leaveBehind(session: SessionEntity, wolfInstanceId: string | null, lease: SessionLease): Promise<void> {
    if (wolfInstanceId === null || !this.#parts.hosts.isReachable(wolfInstanceId)) return;
    const host = await this.#parts.instances.find(wolfInstanceId);
    if (host?.linkConnected !== false) await this.clearHost(session, wolfInstanceId, lease);
  }

  /** Token, slot and link: what a session that has ended does not hold. */
  async releaseResources(session: SessionEntity, lease: SessionLease): Promise<void> {
    await lease.hold();
    await this.#parts.tokens.revokeAll(session.id);
    await this.#parts.placements.release(session.id);
    this.#parts.disconnect(session.id);
  }

  /** Tells the owner what stands in the way; written once for each reason. */
  async setReason(session: SessionEntity, lease: SessionLease, reason: SessionReason): Promise<SessionEntity> {
    return session.reason?.message === reason.message ? session : await lease.change('setReason', { reason });
  }
}

/**
 * Is the session's host lost, and not waited for any more: its time is over, or the owner wants the desktop again, which another
 * host can have at once? What the lost one still runs is of an earlier life by then.
 */
export function isHostGivenUp({ state, desired, hostLostAt, hostLostDeadlineAt }: SessionEntity, now: Date): boolean {
  if (hostLostAt === null || hostLostDeadlineAt === null) return false;
  return hostLostDeadlineAt <= now || (state === 'stopping' && desired === 'running');
}

/** What stands on a session as it stops and afterwards: why it was stopped, unless its owner asked. */
function keptReason(session: SessionEntity): SessionReason | null {
  return (
    [IDLE_REASON, HOST_REMOVED_REASON, HOST_DRAINED_REASON].find(({ code }) => code === session.reason?.code) ?? null
  );
}

function withCause(session: SessionEntity, reason: SessionReason): SessionReason {
  const cause = keptReason(session);
  return cause === null ? reason : { code: cause.code, message: `${cause.message}; ${reason.message}` };
}
